# NeuralNetworks with one thing wrong.
codec() { protoc --proto_path="$top/proto" --"$1"=CoreML.Specification.Model Model.proto; }

array() { # DIMENSION…
	printf 'multiArrayType { dataType: FLOAT32 '
	printf 'shape: %s ' "$@"
	printf '}'
}

# net "SHAPE" LAYERS: a network from x of that shape to y, as exact arrays.
net() {
	type=$(array $1)
	{
		echo "specificationVersion: 4"
		echo "description { input { name: \"x\" type { ${input:-$type} } }"
		echo "output { name: \"y\" type { $(array 1) } } }"
		echo "neuralNetwork { arrayInputShapeMapping: ${mapping:-EXACT_ARRAY_MAPPING} $2 }"
	} | codec encode >m.mlmodel
	echo "# $2" | tr '\n' ' ' | cut -c1-120
	"$MILC" run m.mlmodel 2>&1 | head -3
}

# one SHAPE PARAMETERS: a network of one layer
one() { net "$1" "layers { name: \"layer\" input: \"x\" output: \"y\" $2 }"; }

one "2 3" ''
one "2 3" 'activation { }'
net "2 3" 'layers { name: "layer" input: "q" output: "y" copy { } }'
net "2 3" 'layers { name: "layer" input: "x" output: "" copy { } }'
net "2 3" 'layers { name: "layer" input: "x" output: "z" copy { } }'
net "2 3" 'layers { name: "layer" input: "x" output: "y" output: "z" copy { } }'
net "2 3" 'layers { name: "layer" input: "x" input: "x" output: "y" softmax { } }'
one "2 3" 'custom { className: "Own" }'
nested='copy { }'
for _ in $(seq 31); do
	nested="loop { maxLoopIterations: 1 bodyNetwork { layers { name: \"n\" input: \"x\" output: \"y\" $nested } } }"
done
net "2 3" "layers { name: \"layer\" $nested }"
net "1" 'layers { name: "layer" input: "x" branch { ifBranch { layers { name: "a" input: "x" output: "y" copy { } } } } }'
one "1" 'loop { conditionNetwork { layers { name: "a" input: "x" output: "c" copy { } } } }'
net "1" 'layers { name: "layer" output: "y" loop { maxLoopIterations: 0 bodyNetwork { layers { name: "a" input: "x" output: "y" copy { } } } } }'
one "1 3 4 4" 'constantPad { padAmounts: 4 padToGivenOutputSizeMode: true }'
one "1 3 4 4" 'upsample { scalingFactor: 2 scalingFactor: 2 scalingFactor: 2 }'
net "1 1 3 3" 'layers { name: "layer" input: "x" input: "x" output: "y" convolution { outputChannels: 1 kernelChannels: 1 nGroups: 1 kernelSize: 3 kernelSize: 3 isDeconvolution: true valid { } } }'
one "1 3 4 4" 'batchnorm { channels: 2147483647 computeMeanVar: true instanceNormalization: true }'
one "2 3" 'embedding { inputDim: 1 outputChannels: 1 weights { floatValue: 1 } }'
one "4 2 2" 'reorganizeData { mode: DEPTH_TO_SPACE blockSize: 2 }'
one "1 4 4" 'reorganizeData { mode: SPACE_TO_DEPTH blockSize: 2 }'
one "1 3 4 4" 'batchnorm { channels: 3 gamma { floatValue: [1, 1] } }'
one "1 3 4 4" 'innerProduct { inputChannels: 3 outputChannels: 1 weights { floatValue: [1, 1, 1] } }'
one "5 1 1 1" 'simpleRecurrent { inputVectorSize: 1 outputVectorSize: 1 }'
# several X NAME PARAMETERS: a layer with x as so many inputs
several() {
	net "1 1 1 1 1" "layers { name: \"layer\" $(yes 'input: "x"' | head -"$1" | tr '\n' ' ')
		output: \"y\" $(yes 'output: "z"' | head -$(($1 - 1)) | tr '\n' ' ') $2 }"
}
one "6" 'splitND { axis: 4294967295 numSplits: 1 }'
one "6" 'transpose { axes: 4294967296 }'
one "6" 'cumSum { axis: -4294967296 }'
several 2 'simpleRecurrent { inputVectorSize: 1 outputVectorSize: 1 activation { ELU { } } weightMatrix { floatValue: 1 } recursionMatrix { floatValue: 1 } }'
several 2 'simpleRecurrent { inputVectorSize: 1 outputVectorSize: 1 activation { tanh { } } }'
gates='inputGateWeightMatrix { floatValue: 1 } forgetGateWeightMatrix { floatValue: 1 }'
state='activations { sigmoid { } } activations { tanh { } } activations { tanh { } }'
several 3 "uniDirectionalLSTM { inputVectorSize: 1 outputVectorSize: 1 $state params { forgetBias: true } weightParams { $gates } }"
several 3 "uniDirectionalLSTM { inputVectorSize: 1 outputVectorSize: 1 $state }"
front='activationsForwardLSTM { sigmoid { } } activationsForwardLSTM { tanh { } } activationsForwardLSTM { tanh { } }'
back='activationsBackwardLSTM { sigmoid { } } activationsBackwardLSTM { tanh { } } activationsBackwardLSTM { linear { } }'
several 5 "biDirectionalLSTM { inputVectorSize: 1 outputVectorSize: 1 $front $back }"
tanhs='activations { tanh { } } activations { tanh { } } activations { tanh { } }'
coupled='params { coupledInputAndForgetGate: true }'
several 3 "uniDirectionalLSTM { inputVectorSize: 1 outputVectorSize: 1 $tanhs $coupled }"
one "1 2147483647 1 1 1" 'simpleRecurrent { inputVectorSize: 1 outputVectorSize: 2 activation { tanh { } } weightMatrix { floatValue: [1, 1] } recursionMatrix { floatValue: [1, 1, 1, 1] } }'
net "3" 'layers { name: "layer" output: "k" loadConstantND { shape: 2 data { floatValue: [0, 0] } } } layers { name: "layer" input: "x" input: "k" output: "y" cumSum { } }'
one "1 3 4 4" 'upsample { fractionalScalingFactor: 0.1 fractionalScalingFactor: 2 mode: BILINEAR }'
one "3 4 4" 'reshape { targetShape: 48 mode: CHANNEL_LAST }'
one "3 4 4" 'permute { axis: 1 axis: 0 axis: 2 axis: 3 }'
one "3 4 4" 'permute { axis: 1 }'
net "4" 'layers { name: "layer" input: "x" input: "x" input: "x" output: "y" sliceDynamic { } }'
one "2" "tile { $(yes 'reps: 1' | head -40 | tr '\n' ' ') }"
one "3" 'innerProduct { inputChannels: 3 outputChannels: 1 weights { rawValue: "abc" quantization { numberOfBits: 9 linearQuantization { scale: 1 } } } }'
one "3" 'innerProduct { inputChannels: 3 outputChannels: 1 weights { floatValue: 1 } }'
input='stringType { }' one "1" 'copy { }'
input='multiArrayType { dataType: FLOAT32 }' one "1" 'copy { }'
net "3" 'preprocessing { featureName: "x" meanImage { meanImage: 1 meanImage: 2 } } layers { name: "layer" input: "x" output: "y" copy { } }'
net "3" 'preprocessing { featureName: "q" meanImage { meanImage: 1 } } layers { name: "layer" input: "x" output: "y" copy { } }'
mapping=RANK5_ARRAY_MAPPING one "2 3" 'copy { }'
mapping=RANK5_ARRAY_MAPPING one "3" 'addBroadcastable { }'
# An empty constant whose other dimensions could not be counted.
net "1" 'layers { name: "layer" output: "y" loadConstantND { shape: 9223372036854775807 shape: 9223372036854775807 shape: 0 data { } } }'
