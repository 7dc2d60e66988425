# What `milc run` says of inputs that do not fit, of states, and of its summary.
spec() { # NAME SHAPE: a model with input x of a flexible shape
	cat >"$1.mil" <<-END
	@mb.program(input_specs=[mb.TensorSpec(shape=(1, get_new_symbol()))])
	def f(x):
	    return mb.relu(x=x, name="y")
	ct.convert(f, inputs=[ct.TensorType(name="x", shape=$2)]).save("$1.mlpackage")
	END
}
array() { # NAME VALUE…: NAME.npz with an array x
	cat >make.mil <<-END
	@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
	def f(a):
	    return mb.add(x=mb.mul(x=a, y=0.0), y=$2, name="${3:-x}")
	END
	"$MILC" run --precision fp32 make.mil -o "$1.npz"
}
array nine 'np.ones((1, 9), np.float32)'
array three 'np.ones((1, 3), np.float32)'
array two 'np.ones((1, 2), np.float32)'
array plain 'np.ones((3,), np.float32)'
spec range '(1, ct.RangeDim(1, 4, default=2))'
spec open '(1, ct.RangeDim(3, -1, default=3))'
spec enum 'ct.EnumeratedShapes(shapes=[(1, 2), (1, 4)], default=(1, 2))'
try run range.mil -i nine.npz
try run range.mil -i three.npz
try run range.mil -i plain.npz
"$MILC" range.mil && try run range.mlpackage -i nine.npz
try run enum.mil -i three.npz
try run enum.mil -i two.npz
try run -t neuralnetwork open.mil -i two.npz

cat >int.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(3,), dtype=types.int32)])
def f(x):
    return mb.add(x=x, y=[16777217, 2147483000, 1234567], name="y")
END
array fraction 'np.array([1.0, 1.9, 0.0], np.float32)'
array infinite '[1.0, np.inf, 0.0]'
try run int.mil -i fraction.npz
try run int.mil -i infinite.npz
array zero '[0.0, 0.0, 0.0]'
try run int.mil -i zero.npz

cat >two.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 2)), mb.TensorSpec(shape=(1,))])
def f(x, other):
    return mb.sqrt(x=mb.sub(x=x, y=other), name="y")
END
cat >make.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(a):
    return (mb.add(x=a, y=[[0.5, 4.0]], name="x"), mb.relu(x=a, name="Other"),
            mb.relu(x=a, name="foreign"))
END
"$MILC" run --precision fp32 make.mil -o names.npz
try run --precision fp32 two.mil -i names.npz
array wrong '[0.0]' X
try run two.mil -i wrong.npz
cat >nan.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(4,))])
def f(x):
    return mb.sqrt(x=x, name="y"), mb.sqrt(x=mb.sub(x=mb.relu(x=x), y=9.0), name="none")
END
array mixed '[-1.0, 4.0, -1.0, 1.0]'
try run nan.mil -i mixed.npz

cat >state.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,), dtype=types.fp16),
                         mb.StateTensorSpec((1,), dtype=types.fp16)], opset_version=ct.target.iOS18)
def f(x, s):
    v = mb.add(x=mb.read_state(input=s), y=mb.mul(x=x, y=np.float16(0)))
    v = mb.add(x=v, y=np.float16(1))
    mb.coreml_update_state(state=s, value=v)
    return mb.mul(x=v, y=np.float16(1), name="y")
ct.convert(f, minimum_deployment_target=ct.target.iOS18)
END
array start '[10.0]' s
try run state.mil
try run state.mil --repeat 3
try run state.mil --repeat 3 -i start.npz
array long '[10.0, 1.0]' s
try run state.mil -i long.npz

cat >big.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(20000000,))])
def f(x):
    return mb.relu(x=x)
END
try run big.mil --max-memory 10M
try run big.mil --max-memory 100M
cat >huge.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2**29, 2**30))])
def f(x):
    return mb.relu(x=x)
END
try run huge.mil
cat >tile.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 1))])
def f(x):
    return mb.tile(x=x, reps=(2**28, 2**28))
END
try run --precision fp32 tile.mil
cat >fill.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,), dtype=types.int32)])
def f(x):
    n = mb.add(x=mb.mul(x=x, y=0), y=60000)
    return mb.reduce_sum(x=mb.fill(shape=n, value=1.0))
END
try run --precision fp32 fill.mil
cat >endless.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(x):
    return mb.while_loop(_cond=lambda x: mb.greater(x=mb.reduce_sum(x=x), y=-1.0),
                         _body=lambda x: mb.relu(x=x), loop_vars=(x,))
END
try run --precision fp32 endless.mil --max-steps 1K

cat >name.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(x):
    return mb.relu(x=x, name="zzzzz")
END
"$MILC" name.mil
LC_ALL=C sed -i "s/zzzzz/$(printf '\033[31m')/g" name.mlpackage/Data/com.apple.CoreML/model.mlmodel
try run name.mlpackage

try run name.mlpackage --program f
try run name.mlpackage -D n=1
try run name.mil -MD
try run name.mil --print-passes
try name.mil --seed 3
try run name.mil --seed abc
echo text >text.npz
printf '\223NUMPY\001\000and what one array has' >one.npy
try run name.mil -i text.npz
try run name.mil -i one.npy
try run name.mil text.npz
try run name.mil -o -
