# What half precision does not suit: eight scripts with a culprit each, eight without one, and others.
script() { # NAME INPUT-SHAPE: the body on standard input
	{
		printf '@mb.program(input_specs=[mb.TensorSpec(shape=%s)])\ndef f(x):\n' "$2"
		sed 's/^/    /'
	} >"$1.mil"
}
script variance "(2, 64)" <<'END'
h = mb.mul(x=x, y=2000.0, name="h")
m = mb.reduce_mean(x=h, axes=[-1], keep_dims=True, name="m")
d = mb.sub(x=h, y=m, name="d")
v = mb.reduce_mean(x=mb.square(x=d, name="culprit"), axes=[-1], keep_dims=True, name="v")
return mb.real_div(x=d, y=mb.sqrt(x=v, name="s"), name="y")
END
script softmax "(2, 16)" <<'END'
e = mb.exp(x=mb.mul(x=x, y=20.0, name="logits"), name="culprit")
return mb.real_div(x=e, y=mb.reduce_sum(x=e, axes=[-1], keep_dims=True, name="sum"), name="y")
END
script long_sum "(1, 200000)" <<'END'
return mb.log(x=mb.reduce_sum(x=x, axes=[-1], keep_dims=True, name="culprit"), name="y")
END
script epsilon "(2, 8)" <<'END'
d = mb.sub(x=x, y=x, name="d")
v = mb.reduce_mean(x=mb.mul(x=d, y=d, name="dd"), axes=[-1], keep_dims=True, name="v")
return mb.mul(x=d, y=mb.rsqrt(x=mb.add(x=v, y=1e-8, name="culprit"), name="r"), name="y")
END
script mask "(4, 4)" <<'END'
hidden = mb.cast(x=mb.less(x=x, y=0.5), dtype="fp32", name="hidden")
m = mb.mul(x=hidden, y=-1e9, name="culprit")
return mb.softmax(x=mb.add(x=x, y=m, name="masked"), axis=-1, name="y")
END
script exponent "(2, 8)" <<'END'
e = mb.exp(x=mb.mul(x=x, y=15.0, name="h"), name="culprit")
return mb.log(x=mb.add(x=e, y=1.0, name="e1"), name="y")
END
script square "(2, 32)" <<'END'
h = mb.mul(x=x, y=500.0, name="h")
s = mb.mul(x=h, y=h, name="culprit")
return mb.sqrt(x=mb.reduce_mean(x=s, axes=[-1], name="m"), name="y")
END
script cumulative "(1, 4096)" <<'END'
c = mb.cumsum(x=mb.mul(x=x, y=100.0, name="h"), axis=-1, name="culprit")
return mb.mul(x=c, y=1e-5, name="y")
END
for s in variance softmax long_sum epsilon mask exponent square cumulative; do
	try fp16 $s.mil
done
script mlp "(4, 32)" <<'END'
r = np.random.RandomState(1)
w, v = r.randn(64, 32).astype(np.float32) / 6, r.randn(8, 64).astype(np.float32) / 8
return mb.linear(x=mb.gelu(x=mb.linear(x=x, weight=w, name="h"), name="g"), weight=v, name="y")
END
script attention "(2, 8, 16)" <<'END'
s = mb.matmul(x=x, y=x, transpose_y=True, name="scores")
m = np.triu(np.full((8, 8), -1e4, np.float32), 1)
p = mb.softmax(x=mb.add(x=mb.mul(x=s, y=0.25, name="scaled"), y=m, name="masked"), axis=-1, name="p")
return mb.matmul(x=p, y=x, name="y")
END
script norm "(2, 64)" <<'END'
return mb.layer_norm(x=x, axes=[-1], epsilon=1e-5, name="y")
END
script rms "(2, 64)" <<'END'
m = mb.reduce_mean(x=mb.square(x=x, name="s"), axes=[-1], keep_dims=True, name="m")
return mb.mul(x=x, y=mb.rsqrt(x=mb.add(x=m, y=1e-6, name="e"), name="r"), name="y")
END
script conv "(1, 3, 16, 16)" <<'END'
w = np.random.RandomState(2).randn(8, 3, 3, 3).astype(np.float32) / 5
h = mb.relu(x=mb.conv(x=x, weight=w, pad_type="same", name="c"), name="r")
p = mb.max_pool(x=h, kernel_sizes=[2, 2], strides=[2, 2], pad_type="valid", name="p")
return mb.reduce_mean(x=p, axes=[2, 3], name="y")
END
script stable "(2, 16)" <<'END'
h = mb.mul(x=x, y=20.0, name="logits")
e = mb.exp(x=mb.sub(x=h, y=mb.reduce_max(x=h, axes=[-1], keep_dims=True, name="max"), name="d"), name="e")
return mb.real_div(x=e, y=mb.reduce_sum(x=e, axes=[-1], keep_dims=True, name="sum"), name="y")
END
script loop "(2, 8)" <<'END'
def more(i, a):
    return mb.less(x=i, y=6.0)
def turn(i, a):
    return mb.add(x=i, y=1.0), mb.tanh(x=mb.add(x=a, y=x, name="s"), name="t")
i, a = mb.while_loop(_cond=more, _body=turn, loop_vars=(0.0, x), name="l")
return mb.cond(pred=mb.greater(x=i, y=3.0), _true_fn=lambda: mb.exp(x=a, name="e"), _false_fn=lambda: a, name="c")
END
script means "(2, 4096)" <<'END'
h = mb.mul(x=x, y=100.0, name="h")
return mb.reduce_mean(x=h, axes=[-1], name="m"), mb.sigmoid(x=mb.reduce_max(x=h, axes=[-1], name="most"), name="y")
END
for s in mlp attention norm rms conv stable loop means; do
	try fp16 $s.mil
done

# Other ways to go wrong.
script cancel "(1, 8)" <<'END'
h = mb.add(x=x, y=4000.0, name="h")
return mb.sub(x=h, y=mb.reduce_mean(x=h, keep_dims=True, axes=[-1], name="m"), name="culprit")
END
script sine "(1, 8)" <<'END'
return mb.sin(x=mb.mul(x=x, y=1000.0, name="h"), name="culprit")
END
script tiny "(1, 8)" <<'END'
h = mb.mul(x=x, y=1e-4, name="h")
return mb.mul(x=mb.mul(x=h, y=h, name="culprit"), y=1e8, name="y")
END
script small "(1, 8)" <<'END'
return mb.mul(x=x, y=1e-6, name="culprit")
END
script flush "(1, 8)" <<'END'
p = mb.softmax(x=mb.mul(x=x, y=60.0, name="h"), axis=-1, name="culprit")
return mb.log(x=p, epsilon=0.0, name="y")
END
script inside "(2, 64)" <<'END'
return mb.layer_norm(x=mb.mul(x=x, y=2000.0, name="h"), axes=[-1], name="culprit")
END
script between "(1, 2, 64)" <<'END'
return mb.instance_norm(x=mb.mul(x=x, y=2000.0, name="h"), name="culprit")
END
script infinite "(1, 4)" <<'END'
return mb.maximum(x=x, y=np.float32(-3e38), name="culprit")
END
script drift "(1, 4)" <<'END'
y = x
for k in range(80):
    y = mb.mul(x=mb.mul(x=y, y=1.37, name="up%d" % k), y=0.7299, name="down%d" % k)
return y
END
script turns "(1, 4)" <<'END'
def more(i, a):
    return mb.less(x=i, y=12.0)
def turn(i, a):
    return mb.add(x=i, y=1.0), mb.mul(x=a, y=3.0, name="culprit")
return mb.while_loop(_cond=more, _body=turn, loop_vars=(0.0, x), name="l")[1]
END
script wild "(1, 4)" <<'END'
return mb.real_div(x=x, y=mb.sub(x=x, y=x, name="zero"), name="y")
END
for s in cancel sine tiny small flush inside between infinite turns wild; do
	try fp16 $s.mil
done
try fp16 drift.mil --bound 0.0005
try fp16 drift.mil | head -3
# What is a model already, in half precision or not; an input that is too large.
"$MILC" square.mil -o square.mlpackage
"$MILC" --precision fp32 square.mil -o single.mlpackage
try fp16 square.mlpackage
try fp16 single.mlpackage
python3 - <<'END'
import struct
import zipfile
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8), }"
head += " " * (64 - (len(head) + 11) % 64) + "\n"
with zipfile.ZipFile("in.npz", "w") as z:
    z.writestr("x.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<8f", *[7e4] * 8))
END
try fp16 sine.mil -i in.npz
# The lines that keep them in single precision, and that they do.
for s in variance mask epsilon; do
	try fp16 $s.mil --fix -o fix.py
	{ cat $s.mil fix.py; echo 'ct.convert(f, compute_precision=compute_precision)'; } >fixed.mil
	try fp16 fixed.mil
	"$MILC" run --nan-check fixed.mil >/dev/null || echo not finite
done
try fp16 square.mil --fix
try fp16 norm.mil --fix
try fp16 square.mil --json >square.json
python3 - <<'END'
import json
with open("square.json") as f:
    text = f.read()
r = json.loads(text[text.index("{"):text.rindex("}") + 1])
print(r["model"], r["bound"], r["keep"], r["first"]["name"], r["first"]["line"], r["first"]["found"])
for row in r["operations"]:
    print(row["op"], row["name"], row["line"], row["half"], row["found"], row["keep"], "%.3g" % row["largest"])
print([(o["name"], o["off"], o["off_kept"] < 1e-4) for o in r["outputs"]])
END
try fp16 square.mil --bound 2
try fp16 square.mil --bound no
try fp16 square.mil -o fix.py
try fp16 square.mil --fix -o fix.mlpackage
try fp16 square.mil --fix --json
try fp16 square.mil --fix -o missing/fix.py
try fp16 missing.mil
cat >endless.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(x):
    return mb.while_loop(_cond=lambda i: mb.less(x=i, y=2.0), _body=lambda i: mb.mul(x=i, y=0.5), loop_vars=(x,))
END
try fp16 endless.mil --max-steps 100
# States, lists, random numbers, integers, symbolic shapes, several results.
cat >state.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,), dtype=types.fp16), mb.StateTensorSpec(shape=(2,), dtype=types.fp16)],
            opset_version=ct.target.iOS18)
def f(x, s):
    a = mb.read_state(input=s)
    b = mb.mul(x=mb.add(x=a, y=x, name="sum"), y=np.float16(300), name="culprit")
    c = mb.coreml_update_state(state=s, value=mb.mul(x=b, y=np.float16(300), name="more"))
    return mb.relu(x=c, name="y")
ct.convert(f, minimum_deployment_target=ct.target.iOS18)
END
cat >list.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    ls = mb.make_list(init_length=2, elem_shape=(2,), dtype="fp32")
    ls = mb.list_write(ls=ls, index=0, value=mb.mul(x=x, y=1000.0, name="h"))
    r = mb.list_read(ls=ls, index=0, name="r")
    return mb.square(x=r, name="culprit"), mb.random_uniform(shape=[2], name="u")
END
cat >open.mil <<'END'
n = get_new_symbol("n")
@mb.program(input_specs=[mb.TensorSpec(shape=(n, 4))])
def f(x):
    a, b = mb.split(x=mb.mul(x=x, y=1000.0, name="h"), num_splits=2, axis=1, name="parts")
    v, i = mb.topk(x=mb.mul(x=a, y=b, name="culprit"), k=1, axis=1, name="top")
    return v, i
ct.convert(f, inputs=[ct.TensorType("x", shape=(ct.RangeDim(1, 4, default=2), 4))])
END
try fp16 state.mil
try fp16 list.mil
try fp16 open.mil
