# Outputs of two files: both or none; and text that says all that the model has.
cat >net.mil <<'END'
from coremltools.proto import Model_pb2

@mb.program(input_specs=[mb.TensorSpec(shape=(1, 8))])
def f(x):
    return mb.linear(x=x, weight=np.arange(32, dtype=np.float32).reshape(4, 8) / 16, name="y")

ct.convert(f, convert_to="neuralnetwork").save("net.mlmodel")
ct.convert(f).save("net.mlpackage")

m = Model_pb2.Model(specificationVersion=5)
for features, name in (m.description.input, "x"), (m.description.output, "1"):
    array = features.add(name=name).type.multiArrayType
    array.shape.extend([2])
    array.dataType = 65568
m.neuralNetwork.arrayInputShapeMapping = 1
for name, source, to in ("a b", "x", 'h "1"'), ("2", 'h "1"', "7e5"), ("2", "7e5", "1"):
    m.neuralNetwork.layers.add(name=name, input=[source], output=[to]).activation.tanh.SetInParent()
ct.models.MLModel(m).save("odd.mlmodel")
m.neuralNetwork.layers[2].output[0] = m.description.output[0].name = "x"
ct.models.MLModel(m).save("same.mlmodel")
END
"$MILC" net.mil
# a folder where the text should go: no weights either
mkdir out.mil
try net.mlpackage -o out.mil
try dump net.mlpackage -o out.mil
try net.mlmodel -o out.mil
mkdir text_weights.bin dumped.npz
try net.mlpackage -o text.mil
echo '@mb.program(input_specs=[mb.TensorSpec(shape=(99,))])
def f(x):
    return mb.add(x=x, y=np.arange(99.0), name="y")' >large.mil
try dump large.mil -o dumped.mil
rmdir text_weights.bin dumped.npz
ls -d *.npz *weights* out* 2>/dev/null
try dump net.mlpackage -o weights.npz
try dump net.mlpackage -o x.mil --weights x.mil.npz -S
# networks have weights, too
try net.mlmodel -o text.mil
try run text.mil
try run net.mlmodel
ls text*
# names that are none
try odd.mlmodel -o odd.text.mil
sed -n '/^ /p' odd.text.mil
try run odd.text.mil
try same.mlmodel -o same.text.mil
# states
cat >state.mil <<'END'
@mb.program(
    input_specs=[mb.TensorSpec(shape=(2,), dtype=types.fp16), mb.StateTensorSpec(shape=(2,), dtype=types.fp16)],
    opset_version=ct.target.iOS18,
)
def f(x, s):
    mb.coreml_update_state(state=s, value=x, name="first")
    y = mb.coreml_update_state(state=s, value=mb.add(x=x, y=mb.read_state(input=s)))
    return mb.relu(x=y, name="y")

ct.convert(f, minimum_deployment_target=ct.target.iOS18).save("state.mlpackage")
END
"$MILC" state.mil
try state.mlpackage -o state.mlmodelc
grep _state state.mlmodelc/model.mil
grep -o '"Ios18.*State" : [0-9]' state.mlmodelc/metadata.json
try run state.mlmodelc
try run state.mlpackage
