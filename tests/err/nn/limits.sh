# What a few numbers of a layer ask for counts against --max-memory.
cat >fill.txt <<'END'
specificationVersion: 4
description {
  input { name: "x" type { multiArrayType { shape: 1 dataType: FLOAT32 } } }
  output { name: "y" type { multiArrayType { dataType: FLOAT32 } } }
}
neuralNetwork { arrayInputShapeMapping: EXACT_ARRAY_MAPPING
  layers { name: "one" output: "a" fillStatic { value: 1 targetShape: 1024 targetShape: 1024 } }
  layers { name: "two" output: "b" fillStatic { value: 1 targetShape: 1024 targetShape: 1024 } }
  layers { name: "three" output: "c" fillStatic { value: 1 targetShape: 16384 targetShape: 16384 } }
  layers { name: "y" input: "x" output: "y" copy { } } }
END
protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto <fill.txt >fill.mlmodel
try run --max-memory=16M fill.mlmodel
try run --max-memory=6M fill.mlmodel
cat >fill.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(x):
    return mb.add(x=x, y=mb.fill(shape=[16384, 16384], value=1.0))
END
try fill.mil --max-memory=16M
# rows without columns: no weights, and a bias of zeros as long as they say
cat >rows.mil <<'END'
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder
b = NeuralNetworkBuilder([("x", datatypes.Array(4))], [("y", None)], disable_rank5_shape_mapping=True)
b.add_inner_product("fc", np.zeros((0, 0)), None, 0, 4294967295, False, "x", "y")
ct.models.MLModel(b.spec).save("rows.mlmodel")
END
try rows.mil
try run rows.mlmodel
