# Inputs of old networks take a sequence and a batch in front of the shape that they are declared
# with: the arrays of a run say so, or --input.
cat >net.txt <<'END2'
specificationVersion: 1
description {
  input { name: "x" type { multiArrayType { dataType: DOUBLE shape: 2 } } }
  input { name: "h" type { multiArrayType { dataType: DOUBLE shape: 1 } } }
  output { name: "y" type { multiArrayType { dataType: DOUBLE shape: 1 } } }
  output { name: "h_out" type { multiArrayType { dataType: DOUBLE shape: 1 } } }
}
neuralNetwork { layers { name: "rnn" input: "x" input: "h" output: "y" output: "h_out"
  simpleRecurrent { inputVectorSize: 2 outputVectorSize: 1 activation { linear { alpha: 1 } }
    sequenceOutput: true
    weightMatrix { floatValue: [1, 1] } recursionMatrix { floatValue: 1 } } } }
END2
protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto <net.txt >net.mlmodel
try run --seed 1 net.mlmodel
try dump -t mlprogram --input x=3,2,2 --input h=1,2,1 net.mlmodel -o out.mil
try run --seed 1 out.mil -o out.npz
try dump -t mlprogram --verify --input x=1..9=3,2,2 --input h=1,2,1 net.mlmodel -o out.mil
try run --seed 1 out.mil
# the outputs of another network are arrays [3, 2, 1] and [1, 2, 1]
sed 's/"y"/"x"/g; s/"h_out"/"h"/g; s/input: "x" input: "h"/input: "a" input: "b"/; s/input { name: "x"/input { name: "a"/; s/input { name: "h"/input { name: "b"/' net.txt |
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >first.mlmodel
try dump -t mlprogram --input a=3,2,2 --input b=1,2,1 first.mlmodel -o first.mil
try run --seed 1 first.mil -o first.npz
sed 's/inputVectorSize: 2/inputVectorSize: 1/; s/floatValue: \[1, 1\]/floatValue: 2/; s/shape: 2/shape: 1/' net.txt |
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >second.mlmodel
try run second.mlmodel -i first.npz
# what does not fit
try dump -t mlprogram --input x=3,2 net.mlmodel
try dump -t mlprogram --input z=3,2,2 net.mlmodel
try dump -t mlprogram --input 3,2,2 net.mlmodel
try dump -t mlprogram --input x=3,2,5 net.mlmodel
