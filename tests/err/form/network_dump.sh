# Networks dumped as scripts of their builder: calls, what they leave unsaid, networks inside of layers.
cat >net.mil <<'END'
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder
from coremltools.proto import NeuralNetwork_pb2

def w(*shape):
    return ((np.arange(int(np.prod(shape))) * 7 % 11) / 4 - 1).astype(np.float32).reshape(shape)

b = NeuralNetworkBuilder([("x", datatypes.Array(1, 4, 4))], [("p", datatypes.Array(2))], mode="classifier")
b.add_convolution("conv", 1, 2, 3, 3, 1, 1, "same", 1, w(3, 3, 1, 2), w(2), True, input_name="x", output_name="c")
b.add_convolution("up", 2, 2, 2, 2, 2, 2, "valid", 2, w(2, 2, 2, 1), None, False, is_deconv=True, input_name="c", output_name="u")
b.add_activation("leak", "LEAKYRELU", "u", "l", params=[0.1])
b.add_pooling("pool", 8, 8, 8, 8, "AVERAGE", "VALID", "l", "q")
b.add_inner_product("fc", W=bytes(range(4)), b=None, input_channels=2, output_channels=2, has_bias=False, input_name="q", output_name="f",
                    is_quantized_weight=True, quantization_type="linear", nbits=8, quant_scale=[0.5], quant_bias=[-1.0])
m = NeuralNetwork_pb2.CustomLayerParams()
m.className = "Twist"
m.parameters["angle"].doubleValue = 0.5
b.add_custom("own", ["f"], ["g"], m)
b.add_softmax("soft", "g", "p")
labels = b.spec.neuralNetworkClassifier
labels.stringClassLabels.vector.extend(["cat", 'a "dog"'])
ct.models.MLModel(b.spec).save("net.mlmodel")

b = NeuralNetworkBuilder([("a", datatypes.Array(1))], [("root", None)], disable_rank5_shape_mapping=True)
b.add_copy("start", "a", "root")
loop = b.add_loop("newton", max_iterations=10)
body = NeuralNetworkBuilder(nn_spec=loop.loop.bodyNetwork)
body.add_divide_broadcastable("q", ["a", "root"], "q")
body.add_elementwise("s", ["q", "root"], "root", mode="ADD")
br = body.add_branch("stop", "root")
NeuralNetworkBuilder(nn_spec=br.branch.ifBranch).add_loop_break("leave")
layer = body.nn_spec.layers.add()
layer.name = "stop"
layer.copy.SetInParent()
ct.models.MLModel(b.spec).save("loop.mlmodel")

b = NeuralNetworkBuilder([("n", datatypes.Array(1)), ("s", datatypes.Array(1)), ("im", datatypes.Array(3, 2, 2))], [("y", None)])
b.add_elementwise("cat", ["n", "s"], "y", mode="CONCAT")
n, s, im = b.spec.description.input
n.type.doubleType.SetInParent()
s.type.int64Type.SetInParent()
im.type.imageType.width = im.type.imageType.height = 2
ct.models.MLModel(b.spec).save("kinds.mlmodel")
END
try net.mil -o .
for n in net loop kinds; do
	try dump $n.mlmodel
	try dump $n.mlmodel -o $n.dump.mil
	mkdir -p again
	try $n.dump.mil -o again/$n.mlmodel
	cmp $n.mlmodel again/$n.mlmodel
done
echo '# large weights lie beside it; fields that no message has'
cat >big.mil <<'END'
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder
b = NeuralNetworkBuilder([("x", datatypes.Array(20))], [("y", datatypes.Array(20))])
b.add_inner_product("fc", W=np.arange(400).reshape(20, 20), b=np.ones(20), input_channels=20, output_channels=20, has_bias=True, input_name="x", output_name="h")
b.add_inner_product("fc8", W=bytes(range(200)) * 2, b=None, input_channels=20, output_channels=20, has_bias=False, input_name="h", output_name="y",
                    is_quantized_weight=True, quantization_type="linear", nbits=8, quant_scale=[0.5], quant_bias=[0.0])
ct.models.MLModel(b.spec).save("big.mlmodel")
END
try big.mil
try dump big.mlmodel -o big.dump.mil
cat big.dump.mil
try big.dump.mil -o again/big.mlmodel
cmp big.mlmodel again/big.mlmodel
{ cat big.mlmodel; printf '\252\377\001\001a'; } >odd.mlmodel
try dump odd.mlmodel -o odd.dump.mil
{ cat odd.mlmodel; printf '\252\377\001\001b'; } >odder.mlmodel
mv odder.mlmodel odd.mlmodel
try dump odd.mlmodel -o odd.dump.mil
try odd.dump.mil -o again/odd.mlmodel
cmp big.mlmodel again/odd.mlmodel
echo '# pipelines, and a kind that nothing builds'
cat >pipe.mil <<'END'
from coremltools.models.pipeline import Pipeline
from coremltools.models import datatypes
from coremltools.proto import Model_pb2
p = Pipeline([("x", datatypes.Array(20))], [("z", datatypes.Double())])
p.add_model(ct.models.MLModel("big.mlmodel"))
glm = Model_pb2.Model()
glm.specificationVersion = 1
glm.glmRegressor.weights.add().value.extend([1.0, 2.5])
glm.glmRegressor.offset.append(-1)
p.add_model(glm)
ct.models.MLModel(p.spec).save("pipe.mlmodel")
END
try pipe.mil
try dump pipe.mlmodel
try dump pipe.mlmodel -o pipe.dump.mil
try pipe.dump.mil -o again/pipe.mlmodel
cmp pipe.mlmodel again/pipe.mlmodel
cat >prog.mil <<'END'
from coremltools.proto import Model_pb2
m = Model_pb2.Model()
m.pipeline.models.add().mlProgram.version = 1
ct.models.MLModel(m).save("prog.mlpackage")
m = Model_pb2.Model()
m.neuralNetwork.layers.add().softmax.SetInParent()
ct.models.MLModel(m).save("bare.mlmodel")
END
"$MILC" prog.mil
try dump bare.mlmodel
try dump prog.mlpackage
echo '# networks whose inputs no builder makes; numbers that need NumPy, or all of their bits; maps'
cat >odd.mil <<'END'
from coremltools.proto import Model_pb2
m = Model_pb2.Model()
m.specificationVersion = 4
m.neuralNetwork.arrayInputShapeMapping = 1
m.neuralNetwork.imageInputShapeMapping = 1
layer = m.neuralNetwork.layers.add()
layer.name = "twice"
layer.softmaxND.axis = -1
layer = m.neuralNetwork.layers.add()
layer.name = "twice"
layer.reverse.reverseDim.extend([True, False, True])
ct.utils.save_spec(m, "bare.mlmodel")
m.description.input.add().name = "n"
m.description.input[0].type.doubleType.SetInParent()
m.description.input.add().name = "nothing"
m.description.output.add().name = "n"
m.description.output[0].type.stringType.SetInParent()
del m.neuralNetwork.layers[0]
m.neuralNetwork.layers.add().custom.parameters["none"].SetInParent()
m.neuralNetwork.layers.add().slice.endIndex = -(2**63)
m.neuralNetwork.layers.add().innerProduct.inputChannels = 2**64 - 1
m.neuralNetwork.layers[3].innerProduct.weights.floatValue.extend([-np.nan, np.nan, -np.inf, -0.0])
m.neuralNetwork.layers[3].innerProduct.bias.floatValue.append(np.inf)
ct.utils.save_spec(m, "kinds.mlmodel")
m = Model_pb2.Model()
m.categoricalMapping.int64ToStringMap.map[-7] = "seven"
m.categoricalMapping.int64Value = 0
ct.utils.save_spec(m, "map.mlmodel")
m = Model_pb2.Model()
m.glmRegressor.weights.add().value.extend([np.nan, 1.0])
ct.utils.save_spec(m, "nan.mlmodel")
m = Model_pb2.Model()
m.neuralNetwork.layers.add().simpleRecurrent.weightMatrix.float16Value = b"ab" * 60000
m.neuralNetwork.layers.add().simpleRecurrent.weightMatrix.floatValue.extend(np.ones(70000))
ct.utils.save_spec(m, "much.mlmodel")
m = Model_pb2.Model()
m.glmRegressor.weights.add().value.extend(np.ones(100001))
ct.utils.save_spec(m, "glm.mlmodel")
END
try odd.mil
for n in bare kinds map nan; do
	try dump $n.mlmodel -o $n.dump.mil
	cat $n.dump.mil
	try $n.dump.mil -o again/$n.mlmodel
	cmp $n.mlmodel again/$n.mlmodel
done
for n in much glm; do
	try dump $n.mlmodel
	try dump $n.mlmodel -o $n.dump.mil
	try $n.dump.mil -o again/$n.mlmodel
	cmp $n.mlmodel again/$n.mlmodel
done
