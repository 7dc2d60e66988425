#!/usr/bin/env python3
"""bench_run.py LIBMILC [FILTER]: milc, onnxruntime and torch side by side on the programs of bench_programs.py, each in
each round, with one thread and with all: the medians of CPU time and of the wall's, and milc's ratio to the better of
the other two. Rows of half precision have onnxruntime only. Buffers of inputs are reused by all. Needs torch, onnx and
onnxruntime. ROUNDS=n (5), BUDGET=seconds for each measurement (0.2).

bench_run.py LIBMILC --cold MILC: whole processes, one run: milc against creating a session in onnxruntime and running
it once, without the time of the imports; peak memory of both.
"""

import ctypes
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
import numpy as np
import onnxruntime
import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_programs import PROGRAMS, script

ROUNDS = int(os.environ.get("ROUNDS", "5"))
BUDGET = float(os.environ.get("BUDGET", "0.2"))
PAUSE = 0.3


class Tensor(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_char_p),
        ("rank", ctypes.c_size_t),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("data", ctypes.c_void_p),
        ("bytes", ctypes.c_size_t),
    ]


DTYPES = {"float32": b"fp32", "float16": b"fp16", "int32": b"int32"}


class Milc:
    """A session of libmilc.so on one program."""

    def __init__(self, lib, path, inputs, threads):
        self.lib, self.keep = lib, []
        self.m = lib.milc_new()
        self.callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Message))(
            lambda _, m: print(m.contents.text.decode(), file=sys.stderr)
        )
        lib.milc_on_message(self.m, self.callback, None)
        lib.milc_set(self.m, b"threads", str(threads).encode())
        if lib.milc_load(self.m, path.encode()):
            raise RuntimeError("milc cannot load it")
        model = lib.milc_model_at(self.m, 0)
        self.s = lib.milc_session_new(model, None)
        for name, a in inputs.items():
            shape = (ctypes.c_int64 * a.ndim)(*a.shape)
            t = Tensor(name.encode(), DTYPES[str(a.dtype)], a.ndim, shape, a.ctypes.data, a.nbytes)
            self.keep += [shape, a, t]
            lib.milc_session_set(self.s, ctypes.byref(t))

    def run(self):
        if self.lib.milc_session_run(self.s):
            raise RuntimeError("milc does not run it")

    def output(self):
        t = Tensor()
        self.lib.milc_session_output(self.s, 0, ctypes.byref(t))
        dtype = {v: k for k, v in DTYPES.items()}[t.dtype]
        shape = [t.shape[i] for i in range(t.rank)]
        return np.frombuffer(ctypes.string_at(t.data, t.bytes), dtype).reshape(shape)

    def close(self):
        self.lib.milc_session_free(self.s)
        self.lib.milc_free(self.m)


class Message(ctypes.Structure):
    _fields_ = [
        ("severity", ctypes.c_int),
        ("file", ctypes.c_char_p),
        ("object", ctypes.c_char_p),
        ("line", ctypes.c_uint32),
        ("column", ctypes.c_uint32),
        ("end_line", ctypes.c_uint32),
        ("end_column", ctypes.c_uint32),
        ("text", ctypes.c_char_p),
    ]


def library(path):
    lib = ctypes.CDLL(path)
    p = ctypes.c_void_p
    for name, result, args in (
        ("milc_new", p, []),
        ("milc_free", None, [p]),
        ("milc_set", ctypes.c_int, [p, ctypes.c_char_p, ctypes.c_char_p]),
        ("milc_on_message", None, [p, p, p]),
        ("milc_load", ctypes.c_int, [p, ctypes.c_char_p]),
        ("milc_model_at", p, [p, ctypes.c_size_t]),
        ("milc_session_new", p, [p, ctypes.c_char_p]),
        ("milc_session_free", None, [p]),
        ("milc_session_set", ctypes.c_int, [p, p]),
        ("milc_session_run", ctypes.c_int, [p]),
        ("milc_session_output", ctypes.c_int, [p, ctypes.c_size_t, p]),
    ):
        f = getattr(lib, name)
        f.restype, f.argtypes = result, args
    return lib


def measure(f):
    """CPU and wall seconds of a call."""
    time.sleep(PAUSE)  # until the threads of the one before have ceased to look for work
    f()
    n, start, cpu = 0, time.perf_counter(), time.process_time()
    while True:
        f()
        n += 1
        if time.perf_counter() - start > BUDGET and n >= 3:
            return (time.process_time() - cpu) / n, (time.perf_counter() - start) / n


def onnx_session(program, module, inputs, folder, threads):
    path = os.path.join(folder, "m.onnx")
    if not os.path.exists(path):
        torch.onnx.export(
            module,
            tuple(inputs),
            path,
            dynamo=False,
            opset_version=17,
            input_names=[f"i{k}" for k in range(len(inputs))],
        )
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads, o.log_severity_level = threads, 3
    o.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    o.add_session_config_entry("session.intra_op.allow_spinning", "0" if threads == 1 else "1")
    return onnxruntime.InferenceSession(path, o, providers=["CPUExecutionProvider"])


def prepare(milc, name, program, folder):
    """The model, its inputs by name, the module and its inputs."""
    torch.manual_seed(0)
    inputs, module = program.inputs(), program.module().eval()
    with open(os.path.join(folder, "p.mil"), "w", encoding="utf-8") as f:
        f.write(script(program))
    subprocess.run(
        [milc, "p.mil", "-q", "--precision", "fp16" if program.half else "fp32", "-o", "p.mlpackage"],
        cwd=folder,
        check=True,
    )
    arrays = {
        n: (t.numpy().astype(np.int32) if t.dtype == torch.int64 else t.numpy()) for n, t in zip(program.names, inputs)
    }
    return arrays, module, inputs


def compare(lib, milc, name, program):
    with tempfile.TemporaryDirectory() as folder:
        arrays, module, inputs = prepare(milc, name, program, folder)
        for threads in (1, os.cpu_count()):
            torch.set_num_threads(threads)
            m = Milc(lib, os.path.join(folder, "p.mlpackage"), arrays, threads)
            contenders = {"milc": m.run}
            if not program.half:
                contenders["torch"] = lambda: module(*inputs)
            try:
                session = onnx_session(program, module, inputs, folder, threads)
                feed = {i.name: t.numpy() for i, t in zip(session.get_inputs(), inputs)}
                contenders["ort"] = lambda: session.run(None, feed)
            except Exception as e:  # what cannot be exported has torch alone
                print(f"  no onnxruntime: {str(e)[:100]}")
            times = {k: [] for k in contenders}
            with torch.inference_mode():
                for _ in range(ROUNDS):
                    for k, f in contenders.items():
                        times[k].append(measure(f))
                if program.check:
                    want, got = module(*inputs).numpy(), m.output()
                    gap = np.abs(want.astype(np.float64) - got).max() / np.abs(want).max()
                    if not gap < (2e-2 if program.half else 1e-4):
                        print(f"  {name}: differs from torch by {gap:.2g}")
            m.close()
            cpu, wall = ({k: statistics.median(t[i] for t in v) for k, v in times.items()} for i in (0, 1))
            # One thread is judged by CPU time, which others on the machine do not distort.
            by = cpu if threads == 1 else wall
            best = min(v for k, v in by.items() if k != "milc")
            ratio = by["milc"] / best
            cells = "".join(
                f" {1e3 * cpu.get(k, float('nan')):9.3f} {1e3 * wall.get(k, float('nan')):9.3f}"
                for k in ("milc", "ort", "torch")
            )
            print(f"{name:34} {threads:2}{cells}  {ratio:6.2f}", flush=True)
            yield threads, ratio


COLD = """
import time, sys
import numpy as np, onnxruntime
begin = time.process_time(), time.perf_counter()
o = onnxruntime.SessionOptions(); o.log_severity_level = 3
s = onnxruntime.InferenceSession(sys.argv[1], o, providers=["CPUExecutionProvider"])
feed = {k: v for k, v in np.load(sys.argv[2]).items()}
s.run(None, feed)
print(time.process_time() - begin[0], time.perf_counter() - begin[1])
"""


def child(cmd, cwd):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    p = subprocess.run(cmd, cwd=cwd, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, p.stdout


def peak(cmd, cwd):
    p = subprocess.run(
        ["time", "-f", "%M", *cmd], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
    )
    return int(p.stderr.split()[-1]) / 1024


def cold(milc, name, program):
    with tempfile.TemporaryDirectory() as folder:
        arrays, module, inputs = prepare(milc, name, program, folder)
        onnx_session(program, module, inputs, folder, 1)
        np.savez(os.path.join(folder, "milc.npz"), **arrays)
        np.savez(os.path.join(folder, "ort.npz"), **{f"i{k}": t.numpy() for k, t in enumerate(inputs)})
        ours, theirs = [], []
        run = [milc, "run", "-q", "p.mlpackage", "-i", "milc.npz", "-o", "o.npz"]
        ort = [sys.executable, "-c", COLD, "m.onnx", "ort.npz"]
        for _ in range(ROUNDS):
            ours.append(child(run, folder)[:2])
            theirs.append([float(x) for x in child(ort, folder)[2].split()])
        a, b = ([statistics.median(t[i] for t in v) for i in (0, 1)] for v in (ours, theirs))
        bare = peak([sys.executable, "-c", "import numpy, onnxruntime"], folder)
        print(
            f"{name:34} cold: milc {1e3 * a[0]:8.1f} ms CPU {1e3 * a[1]:8.1f} wall, onnxruntime {1e3 * b[0]:8.1f} "
            f"{1e3 * b[1]:8.1f}, ratio {a[0] / b[0]:.2f} {a[1] / b[1]:.2f}; peak {peak(run, folder):.0f} MiB, "
            f"{peak(ort, folder):.0f} less {bare:.0f} of the import",
            flush=True,
        )


def main():
    lib, milc = library(os.path.abspath(sys.argv[1])), os.path.join(
        os.path.dirname(os.path.abspath(sys.argv[1])), "milc"
    )
    words = [a for a in sys.argv[2:] if not a.startswith("--")]
    chosen = {n: p for n, p in PROGRAMS.items() if not words or any(w in n for w in words)}
    if "--cold" in sys.argv:
        for name, program in chosen.items():
            if program.network:
                cold(milc, name, program)
        return
    head = "".join(f" {k + ' cpu':>9} {'wall':>9}" for k in ("milc", "ort", "torch"))
    print(f"{'ms':34} th{head}   ratio")
    ratios = {}
    for name, program in chosen.items():
        for threads, ratio in compare(lib, milc, name, program):
            ratios.setdefault(threads, []).append(ratio)
    for threads, r in ratios.items():
        print(f"{threads} threads: median ratio {statistics.median(r):.2f}, largest {max(r):.2f}, {len(r)} rows")


main()
