# What milc rewrite says, and what it refuses.
cat >net.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 4))])
def f(x):
    for k in range(4):
        x = mb.mod(x=mb.add(x=x, y=float(k)), y=2.0)
    return mb.reduce_prod(x=x, axes=[1], name="y")
END
cat >plain.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.relu(x=x)
END
try rewrite --ane net.mil -o out.mlpackage
try rewrite --ane net.mil --no-verify --verify-passes -o out.mlmodelc
try rewrite --ane out.mlpackage -o again.mlpackage
try rewrite --ane plain.mil -o plain.mlpackage
try plain.mil -o as-is.mlpackage
try diff plain.mlpackage as-is.mlpackage
try rewrite net.mil -o out.mlpackage
try rewrite --ane net.mil
try rewrite --ane net.mil -o out.txt
try rewrite --ane --cap 0 net.mil -o out.mlpackage
try -t neuralnetwork plain.mil -o plain.mlmodel
try rewrite --ane plain.mlmodel -o out.mlpackage
# The head is two halves, and the parts of the softmax are joined.
cat >wide.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(3, 4))])
def f(x):
    w = np.linspace(-1, 1, 40).astype(np.float32).reshape(10, 4)
    return mb.softmax(x=mb.linear(x=x, weight=w), axis=-1, name="p")
END
try rewrite --ane --cap 8 wide.mil -o out.mlpackage
try '--passes=+ane_split_wide[cap=many]' wide.mil
# An infinity times the zeros of a triangle is no number.
cat >infinite.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(3,))])
def f(x):
    far = mb.mul(x=x, y=np.array([1, np.inf, 1], np.float32))
    return mb.cumsum(x=far, name="y")
END
try rewrite --ane infinite.mil -o none.mlpackage
ls -d none.mlpackage 2>/dev/null
# An index that no row has: nothing is compared.
cat >beyond.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 3))], opset_version=ct.target.iOS17)
def f(x):
    i = mb.cast(x=mb.add(x=mb.reduce_max(x=x, axes=[0, 1]), y=7.0), dtype="int32")
    return mb.mod(x=mb.gather(x=np.arange(5).astype(np.float32), indices=i, validate_indices=True), y=2.0)

m = ct.convert(f, minimum_deployment_target=ct.target.iOS17)
END
try rewrite --ane beyond.mil -o out.mlpackage
try rewrite --ane --family all net.mil -o out.mlpackage
try rewrite --ane --family H12 net.mil -o out.mlpackage
# tan becomes what chips before A16 lack, too
printf '@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4))])\ndef f(x):\n    return mb.tan(x=mb.relu(x=x), name="y")\n' >tan.mil
try rewrite --ane tan.mil -o tan.mlpackage
try rewrite --ane --family M4 tan.mil -o tan.mlpackage
printf '@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4))])\ndef f(x):\n    return mb.relu(x=x, name="y")\n' >relu.mil
try relu.mil -t neuralnetwork --target iOS14 -o relu.mlmodel
try rewrite --ane relu.mlmodel -o relu.mlpackage
try rewrite --ane relu.mlmodel -t mlprogram --precision fp16 -o relu.mlpackage
