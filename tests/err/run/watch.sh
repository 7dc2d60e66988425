# Looking into a run: values as they are computed, and the first that is not finite.
cat >net.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 2))])
def f(x):
    h = mb.mul(x=x, y=400.0, name="h")
    s = mb.square(x=h, name="s")
    a, b = mb.split(x=s, num_splits=2, axis=0, name="parts")
    return mb.sub(x=a, y=b, name="y")
END
cat >loop.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    def more(i, a):
        return mb.less(x=i, y=3.0)
    def step(i, a):
        return mb.add(x=i, y=1.0), mb.mul(x=a, y=x, name="acc")
    i, a = mb.while_loop(_cond=more, _body=step, loop_vars=(0.0, x))
    return mb.log(x=mb.sub(x=a, y=a), epsilon=0.0, name="y"), mb.exp(x=i, name="last")
END
cat >nested.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(x):
    def inner(j, b):
        c = mb.cond(pred=mb.equal(x=j, y=1.0), name="c",
                    _true_fn=lambda: mb.mul(x=b, y=1e19, name="grows"), _false_fn=lambda: mb.identity(x=b, name="same"))
        return mb.add(x=j, y=1.0, name="j"), c
    def outer(i, a):
        j, b = mb.while_loop(_cond=lambda j, b: mb.less(x=j, y=2.0, name="less"), _body=inner, loop_vars=(0.0, a),
                             name="inner")
        return mb.add(x=i, y=1.0, name="i"), mb.mul(x=b, y=2.0, name="twice")
    i, a = mb.while_loop(_cond=lambda i, a: mb.less(x=i, y=3.0), _body=outer, loop_vars=(0.0, x), name="outer")
    return mb.mul(x=a, y=1.0, name="y")
END
cat >known.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    big = mb.real_div(x=np.float32(1), y=np.float32(0), name="big")
    return mb.minimum(x=x, y=big, name="y")
END
cat >given.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.add(x=x, y=1.0, name="y")
END
cat >two.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,)), mb.TensorSpec(shape=(2,))])
def f(x, z):
    return mb.concat(values=[mb.log(x=x, epsilon=0.0, name="l"), mb.real_div(x=x, y=mb.sub(x=z, y=z), name="d")],
                     axis=0, name="y")
END
python3 - <<'END'
import struct
def npy(*v):
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % len(v)
    head += " " * (64 - (len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<%df" % len(v), *v)
import zipfile
with zipfile.ZipFile("in.npz", "w") as z:
    z.writestr("x.npy", npy(float("inf"), 1))
END
try run net.mil --print-values h,parts
try run net.mil --precision fp32 --print-values x,s,parts_1
try run net.mil --nan-check
try run net.mil --nan-check --precision fp32
try run net.mil --print-values h,heights
try run net.mil --print-values parts_2
try run net.mil --precision fp32 --print-values ' y , ,s'
try run net.mil --print-values ' ,'
try run loop.mil --precision fp32 --print-values acc,last --repeat 2
try run loop.mil --precision fp32 --nan-check
try run nested.mil --precision fp32 --print-values grows,less,twice
try run nested.mil --precision fp32 --nan-check
try run known.mil --passes=none --print-values bigg
try run known.mil --passes=none --print-values big --nan-check
try run two.mil --precision fp32 --nan-check -o out.npz
ls
try run given.mil -i in.npz --nan-check
try given.mil --nan-check
