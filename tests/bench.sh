#!/bin/sh
# bench.sh: times and memory of whole processes, and their ratio to coremltools on the same scripts
# in the same run (machines differ and are noisy, so ratios count). Nothing here fails.
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
tests/venv.sh || exit 3
build/venv/bin/python tests/bench.py "$BUILD/milc" "$@" || exit 1
build/venv/bin/python tests/bench_language.py "$BUILD/milc" || exit 1
# Files of PyTorch, where a Python with it was made (make check-torch) or is named.
python=${TORCH_PYTHON:-build/torch/bin/python}
[ -x "$python" ] || exit 0
PYTHONPATH=${TORCH_PEER:-} "$python" tests/torch/bench.py "$BUILD/milc" || exit 1
# Running, where it has onnxruntime, too.
"$python" -c 'import onnx, onnxruntime' 2>/dev/null || exit 0
"$python" tests/bench_run.py "$BUILD/libmilc.so" && "$python" tests/bench_run.py "$BUILD/libmilc.so" --cold
