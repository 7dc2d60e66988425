# NeuralNetworks as graphs, and those that learn on the device.
a() { echo "multiArrayType { shape: $1 dataType: FLOAT32 }"; }
f() { echo "$1 { name: '$2' type { $3 } }"; }
check() { # TEXT
	echo "$1" | protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >m.mlmodel
	try check m.mlmodel
}
l() { echo "layers { name: '$1' input: '$2' output: '$3' $4 }"; }
relu='activation { ReLU {} }'
check "specificationVersion: 4 description { $(f input x "$(a '[2, 2]')") $(f input o 'isOptional: true doubleType {}') $(f output y 'doubleType {}') } neuralNetwork {}"
check "specificationVersion: 4 description { $(f input x "$(a 2)") $(f output y "$(a 2)") $(f output w "$(a 2)") } neuralNetwork {
	$(l one x a "$relu") $(l two y a "$relu") $(l three b c) $(l '' a x 'copy {}') $(l four a y 'loopBreak {}') }"
check "specificationVersion: 4 description { $(f input x "$(a 2)") $(f output y "$(a 2)") } neuralNetwork { imageInputShapeMapping: 1 $(l one x y "$relu") }"
int8='int8DynamicQuantize: true weights { int8RawValue: "a" quantization { numberOfBits: 8 linearQuantization { scale: 1 } } }'
corners='mode: BILINEAR linearUpsampleMode: ALIGN_CORNERS_TRUE'
for layer in "innerProduct { inputChannels: 1 outputChannels: 1 $int8 }" "upsample { fractionalScalingFactor: [2, 2] $corners }" "upsample { $corners }" \
	'reorganizeData { mode: PIXEL_SHUFFLE blockSize: 2 }' 'convolution { valid {} } input: "x"' 'innerProduct {}' \
	'convolution { valid {} outputChannels: 1 kernelChannels: 1 kernelSize: [1, 1] weights { floatValue: 1 } }'; do
	check "specificationVersion: 5 description { $(f input x "$(a 2)") $(f output y "$(a 2)") } neuralNetwork { $(l one x y "$layer") }"
done
t() { echo "$1Tensor { rank: $2 $3 }"; }
range='shapeRange { sizeRanges { upperBound: -1 } }'
check "specificationVersion: 4 description { $(f input x "$(a '[2, 2]')") $(f input v "multiArrayType { dataType: FLOAT32 $range }")
	$(f input w "multiArrayType { shape: [2, 2] dataType: FLOAT32 $range }") $(f input i 'imageType { width: 2 height: 2 colorSpace: RGB }') $(f output y "$(a '[2, 2]')") }
	neuralNetwork { arrayInputShapeMapping: EXACT_ARRAY_MAPPING $(l one x a "$relu $(t input 3) $(t output 2 'dimValue: 1')") $(l two a b "$relu $(t input 1) $(t output 1) $(t output 1)")
	$(l three i y "$relu $(t input 5) $(t output 3)") }"
# Blobs and their scopes.
flow() { check "specificationVersion: 4 description { $(f input x "$(a 2)") $(f output y "$(a 2)") } neuralNetwork { arrayInputShapeMapping: EXACT_ARRAY_MAPPING $1 $(l last "$2" y "$relu") }"; }
one=$(l one x both "$relu") two=$(l two x only "$relu")
flow "layers { name: 'b' input: 'x' branch { ifBranch { $one $two } elseBranch { $one } } }" both
flow "layers { name: 'b' input: 'x' branch { ifBranch { $one $two } elseBranch { $one } } }" only
flow "layers { name: 'b' input: 'x' branch { ifBranch {} } }" x
flow "layers { name: 'b' loop { maxLoopIterations: 3 bodyNetwork { $one layers { name: 'out' loopBreak {} } } } }" both
flow "layers { name: 'b' loop { conditionVar: 'both' conditionNetwork { $one } bodyNetwork { $two } } }" both
flow "layers { name: 'b' loop { conditionVar: 'x' conditionNetwork { $one } bodyNetwork { $two } } }" only
flow "layers { name: 'b' loop { conditionVar: 'x' bodyNetwork {} } } layers { name: 'c' loop { bodyNetwork { $two } } }" x
# Classifiers.
check "specificationVersion: 4 description { $(f input x "$(a 2)") $(f output label 'stringType {}') $(f output z "$(a 2)") predictedFeatureName: 'label' } neuralNetworkClassifier {
	$(l one x y "$relu") labelProbabilityLayerName: 'none' stringClassLabels { vector: 'a' } }"
# Learning.
net() { # UPDATE LAYERS TRAINING
	check "specificationVersion: 4 isUpdatable: true description { $(f input x "$(a 2)") $(f output y "$(a 2)") $3 } neuralNetwork { $2 updateParams { $1 } }"
}
net '' "$(l one x y 'activation { ReLU {} } isUpdatable: true') $(l one y z 'softmax {}')" ''
w='weights { isUpdatable: true floatValue: 1 }'
one_by_one='inputChannels: 1 outputChannels: 1'
ip="innerProduct { $one_by_one $w hasBias: true bias { floatValue: 1 } } isUpdatable: true"
p() { echo "$1 { defaultValue: $2 $3 }"; }
net "lossLayers { name: 'loss' categoricalCrossEntropyLossLayer { input: 'y' target: 'x1' } } lossLayers { name: 'one' }
	optimizer { adamOptimizer { $(p beta1 2 'range { minValue: 0 maxValue: 1 }') $(p miniBatchSize 3 'set { values: [ 1, -1 ] }') } } $(p epochs 0 'range { minValue: -1 maxValue: 3 }')" \
	"$(l one x x1 "innerProduct { weights { isUpdatable: true quantization {} } } isUpdatable: true") $(l two x1 a 'softmax {}') $(l three a y "$ip")" \
	"$(f trainingInput x "$(a 2)") $(f trainingInput t "$(a 2)")"
mse() { echo "lossLayers { name: 'loss' meanSquaredErrorLossLayer { input: '$1' target: 't' } } optimizer { sgdOptimizer {} }"; }
net "$(mse none)" "$(l one x y "innerProduct { $one_by_one $w } isUpdatable: true")" "$(f trainingInput t "$(a 2)") $(f trainingInput u "$(a 2)")"
good="$(mse y) $(p epochs 1)"
good=$(echo "$good" | sed "s/sgdOptimizer {}/sgdOptimizer { $(p learningRate 1) $(p miniBatchSize 1) }/")
net "$good" "$(l one x y "innerProduct { $one_by_one $w } isUpdatable: true")" "$(f trainingInput x "$(a 2)") $(f trainingInput u "$(a 2)")"
net "$good" "$(l zero x a "innerProduct { $one_by_one $w } isUpdatable: true") $(l one a y 'unary {}')" "$(f trainingInput x "$(a 2)") $(f trainingInput t "$(a 2)")"
net "$good" "$(l one x y 'innerProduct {}')" "$(f trainingInput x "$(a 2)") $(f trainingInput t "$(a 2)")"
net "$good" "$(l zero x a "innerProduct { $one_by_one $w } isUpdatable: true") $(l one a y 'activation { tanh {} }')" "$(f trainingInput x "$(a 2)") $(f trainingInput t "$(a 2)")"
check "specificationVersion: 4 isUpdatable: true description { $(f input x "$(a 2)") $(f output c 'stringType {}') predictedFeatureName: 'c'
	$(f trainingInput x "$(a 2)") $(f trainingInput c 'int64Type {}') }
	neuralNetworkClassifier { stringClassLabels { vector: 'a' } $(l one x a "innerProduct { $one_by_one $w } isUpdatable: true") $(l two a y 'softmax {}')
	updateParams { $(echo "$good" | sed 's/meanSquaredError/categoricalCrossEntropy/') } }"
