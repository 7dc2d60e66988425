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
# Pictures of a file of PyTorch: of what its conversion gives, and nothing where it fails.
cp "$top/tests/torch/decomposed.pt2" net.pt2
try net.pt2 -o net.svg
ls net.svg 2>/dev/null
try net.pt2 --target iOS18 -o net.svg
grep -o '>[^<]*</text>' net.svg
try net.pt2 --target iOS18 --color-by dtype -o net.dot
grep -o 'label="[^"]*"' net.dot
try net.pt2 --target iOS18 --color-by verdict --family M5 -o verdicts.svg
try net.pt2 --target iOS18 -o net.mlpackage
try net.mlpackage -o same.svg
cmp net.svg same.svg
rm -r net.* same.svg
ls
