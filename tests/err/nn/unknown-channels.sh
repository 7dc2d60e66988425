# A normalization of as many channels as only the run will show.
cat >net.txt <<'END'
specificationVersion: 4
description {
  input { name: "x" type { multiArrayType { shape: 60 dataType: FLOAT32 } } }
  input { name: "s" type { multiArrayType { shape: 3 dataType: FLOAT32 } } }
  output { name: "y" type { multiArrayType { dataType: FLOAT32 } } }
}
neuralNetwork { arrayInputShapeMapping: EXACT_ARRAY_MAPPING
  layers { name: "shape" input: "s" output: "t" clip { minVal: 3 maxVal: 3 } }
  layers { name: "r" input: "x" input: "t" output: "r" reshapeDynamic { } }
  layers { name: "y" input: "r" output: "y" batchnorm { channels: 3 computeMeanVar: true instanceNormalization: true } } }
END
codec() { protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto; }
sed 's/shape: 60/shape: 27/' net.txt | codec >net.mlmodel
try run --seed 1 net.mlmodel
sed 's/channels: 3/channels: 2147483647/' net.txt | codec >net.mlmodel
try run --max-memory=1G net.mlmodel
