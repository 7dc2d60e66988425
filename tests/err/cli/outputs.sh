cat >two.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.relu(x=x, name="y")

ct.convert(f).save("a.mlpackage")
ct.convert(f).save("b.mlpackage")
END
cat >one.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.relu(x=x, name="y")

ct.convert(f).save("a.mlpackage")
mlmodel = ct.convert(f)
END
cat >relu.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.relu(x=x, name="y")
END
try two.mil -o c.mlpackage
try one.mil -o c.mlpackage
try relu.mil -o relu.onnx
try relu.mil -o relu
try relu.mil -o relu.mlmodel
try relu.mil -t neuralnetwork -o -
echo
"$MILC" -S relu.mil 2>&1 >/dev/full
touch file
try relu.mil -o file/relu.mlpackage
try relu.mil -o file/more/relu.mlpackage
mkdir -p taken.mlmodel
try relu.mil -t neuralnetwork -o taken.mlmodel
# over the script, and over itself
try relu.mil -o relu.mil
try -S relu.mil -o ./relu.mil
try dump relu.mil -o relu.mil
try edit relu.mil --set author=me -o relu.mil
try relu.mil
try relu.mlpackage
try relu.mlpackage --target iOS18 -o relu.mlpackage
try relu.mlpackage -D n=1 -o other.mlpackage
mkdir -p full.mlpackage/mine
try relu.mil -o full.mlpackage
ls
