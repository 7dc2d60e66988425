# What single layers of a NeuralNetwork must hold. x is an array of rank 3.
shape='multiArrayType { shape: [2, 2, 2] dataType: FLOAT32 }'
check() { # LAYERS
	echo "specificationVersion: 5 description { input { name: 'x' type { $shape } } output { name: 'y' type { $shape } } }
		neuralNetwork { arrayInputShapeMapping: EXACT_ARRAY_MAPPING $1 layers { name: 'last' input: 'x' output: 'y' activation { ReLU {} } } }" |
		protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >m.mlmodel
	try check m.mlmodel
}
l() { # NAME INPUTS OUTPUTS LAYER: outputs are counted
	printf "layers { name: '%s' " "$1"
	for i in $2; do printf "input: '%s' " "$i"; done
	for i in $(seq "$3"); do printf "output: '%s%s' " "$1" "$i"; done
	printf '%s }\n' "$4"
}
t() { # RANKS OF inputTensor OF outputTensor
	for i in $1; do printf 'inputTensor { rank: %s } ' "$i"; done
	for i in $2; do printf 'outputTensor { rank: %s } ' "$i"; done
}
floats() { echo "floatValue: [$(seq -s, "$1")]"; } # so many
letters() { printf '%.0sa' $(seq "$1"); }
halves() { echo "float16Value: '$(letters $((2 * $1)))'"; }
bytes() { echo "rawValue: '$(letters "$1")' quantization { $2 }"; } # N QUANTIZATION

echo '# how many inputs and outputs'
check "$(l a 'x x' 1 'softmax {}') $(l b '' 1 'add {}') $(l c x 1 'concat {}') $(l d 'x x x' 1 'crop {}') $(l e x 1 'split {}')
	$(l f x 3 'topK {}') $(l g x 2 'sin {}') $(l h 'x x x x' 1 'rangeDynamic {}') $(l i x 1 'logicalAnd {}') $(l j 'x x' 1 'logicalNot {}')
	$(l k x 0 'custom { className: "c" }') $(l '' 'x x x' 1 'equal {}')"
check "$(l a 'x x' 1 'fillStatic { targetShape: 1 }') $(l b x 1 'rangeStatic {}')"
check "$(l a '' 1 'rangeDynamic {}') $(l b 'x x x' 1 'rangeDynamic {}') $(l c 'x x x x x x x' 1 'sliceDynamic {}') $(l d x 1 'greaterThan {}') $(l e x 1 'add {}')"

echo '# ranks'
check "$(l a x 1 "softmax {} $(t 3 4)") $(l b a1 1 'lrn {}') $(l c x 1 "embeddingND { $(true) } $(t 3 6)") $(l d x 1 "permute { axis: [0, 1, 2, 3] }")
	$(l e 'x a1' 1 'concat {}') $(l f x 2 "split {} $(t 3 '3 4')") $(l g x 2 "topK {} $(t 3 '3 2')") $(l h '' 1 "loadConstant { shape: [1, 1, 1] data { floatValue: 1 } } $(t '' 4)")
	$(l i x 1 "argSort {} $(t 3 2)") $(l j x 1 "sequenceRepeat {}") $(l k x 1 "softmax {} $(t 3 2)")"
check "$(l a x 1 'concat { sequenceConcat: true } input: "x"') $(l b x 1 "argMax {} $(t 3 2)") $(l c x 1 "argMin { removeDim: true } $(t 3 2)")
	$(l d '' 1 "rangeStatic {} $(t '' 2)") $(l e x 1 "rangeDynamic {} $(t 3 0)") $(l f x 1 "tile {} $(t 3 2)") $(l g f1 1 "reduce { axis: CHW } $(t 2 2)")
	$(l h f1 1 "slice { stride: 1 } $(t 2 2)") $(l i f1 1 "reduce { axis: HW } $(t 2 1)") $(l j f1 1 'activation { PReLU {} }')"

echo '# single fields'
check "$(l a x 1 'pooling {}') $(l b x 1 'padding { constant {} paddingAmounts { borderAmounts {} } }') $(l c x 1 'lrn { k: -1 }')
	$(l d x 1 'permute {}') $(l e x 1 'reshapeStatic {}') $(l f x 1 'reorganizeData { blockSize: 1 }') $(l g x 1 'clip { minVal: 2 maxVal: 1 }')
	$(l h x 1 'custom {}') $(l i x 1 'randomBernoulliLike { prob: 1.5 }') $(l j x 1 'activation {}') $(l k x 1 'slice {}') $(l m x 1 'sliceStatic { beginIds: 1 }')"
check "$(l a x 1 'pooling { valid {} }' | sed 's/x/w/') $(l b x 1 'clip { minVal: 1 maxVal: 1 }') $(l c x 1 'randomBernoulliLike { prob: 1 }')
	$(l d x 1 'reorganizeData { blockSize: 2 }') $(l e x 1 'upsample {}') $(l f x 1 'padding { constant {} }') $(l g '' 1 'randomUniformStatic { outputShape: 1 }') $(l h x 1 'lrn {}')"
check "$(l a x 1 "softmaxND { axis: 3 } $(t 3 3)") $(l b x 1 "softmaxND { axis: -4 } $(t 3 3)") $(l c x 1 "reduceSum { axes: [0, 5] } $(t 3 3)")
	$(l d 'x x' 1 "stack { axis: 4 } $(t '3 3' 4)") $(l e x 1 "argSort { axis: 3 } $(t 3 3)") $(l f x 1 'argSort { axis: -1 }') $(l g 'x x' 1 "stack { axis: -5 } $(t '3 3' 4)")"
check "$(l a x 1 "softmaxND { axis: 2 } $(t 3 3)") $(l b x 1 "softmaxND { axis: -3 } $(t 3 3)") $(l c x 1 'softmaxND { axis: 7 }') $(l d 'x x' 1 "stack { axis: 3 } $(t '3 3' 4)")
	$(l e 'x x' 1 "stack { axis: -4 } $(t '3 3' 4)") $(l f x 1 "argSort { axis: 2 } $(t 3 3)") $(l g x 1 "reduceSum { reduceAll: true } $(t 3 3)")"

echo '# weights'
e() { l "$1" x 1 "embeddingND { vocabSize: 2 embeddingSize: 3 weights { $2 } hasBias: $3 bias { $4 } }"; } # NAME WEIGHTS HASBIAS BIAS
scale() { echo "linearQuantization { scale: [$(seq -s, "$1")] $2 }"; }
check "$(e a '' false) $(e b "$(floats 5)" true "$(floats 1)") $(e c "$(halves 7)" false) $(e d "$(floats 6) $(halves 6)" true "rawValue: 'a' int8RawValue: 'a'")
	$(e e "$(floats 6)" true "$(halves 3)") $(e f "rawValue: 'a'" false) $(e g "int8RawValue: '$(letters 6)' quantization { numberOfBits: 8 }" false)
	$(e h "$(bytes 6 'numberOfBits: 9')" false) $(e i "$(bytes 6 '')" false) $(e j "$(bytes 5 "numberOfBits: 8 $(scale 1)")" false)
	$(e k "$(bytes 6 "numberOfBits: 8 $(scale 2)")" true "$(bytes 3 "numberOfBits: 8 $(scale 3)")") $(e m "$(bytes 6 "numberOfBits: 8 $(scale 3 'bias: 1')")" false)
	$(e n "$(bytes 1 "numberOfBits: 2 lookupTableQuantization { $(floats 3) }")" false) $(e o "$(bytes 6 'numberOfBits: 8')" false)"
check "$(e a "$(floats 6)" false "$(floats 1) $(halves 3)") $(e b "$(halves 6)" true "$(halves 3)") $(e c "$(bytes 6 "numberOfBits: 8 $(scale 3)")" true "$(halves 3)")
	$(e d "$(bytes 2 "numberOfBits: 2 lookupTableQuantization { $(floats 4) }")" false) $(e e "$(bytes 1 "numberOfBits: 1 $(scale 1 'bias: 1')")" false)
	$(l f x 1 "innerProduct { inputChannels: 1 outputChannels: 2 weights { rawValue: 'a' } hasBias: true }") $(l g x 1 'innerProduct { hasBias: true }')
	$(l h x 1 "innerProduct { inputChannels: 2 outputChannels: 1 weights { int8RawValue: 'a' quantization {} } }")"
check "$(l a x 1 "batchnorm { channels: 2 gamma { $(floats 2) } beta { $(floats 1) } mean { $(halves 2) } }")
	$(l b x 1 "batchnorm { channels: 2 computeMeanVar: true gamma { $(floats 2) } beta { $(floats 2) } mean { $(floats 1) $(halves 1) } variance { $(halves 2) } }")
	$(l c x 1 "bias { shape: [2, 1] bias { $(floats 3) } }") $(l d x 1 "bias { shape: [2, 1, 1] bias { $(bytes 2 "numberOfBits: 8 $(scale 3)") } }")
	$(l e x 1 "bias { shape: [1, 2, 2] bias { $(bytes 4 "numberOfBits: 8 $(scale 2)") } }")
	$(l f x 1 "scale { shapeScale: 1 scale { $(floats 1) } hasBias: true shapeBias: [1, 1] bias { $(floats 1) } }") $(l g '' 1 'loadConstantND {}')
	$(l h '' 1 "loadConstantND { shape: [1, 1, 1, 1, 1, 1] data { $(floats 1) } }") $(l i x 1 "custom { className: 'c' weights { } weights { $(floats 1) $(halves 1) } }")"
check "$(l a x 1 "batchnorm { channels: 2 computeMeanVar: true gamma { $(floats 2) } beta { $(floats 2) } }") $(l b x 1 "custom { className: 'c' weights { rawValue: 'a' } }")
	$(l c x 1 "bias { shape: [2, 1, 1] bias { $(bytes 2 "numberOfBits: 8 $(scale 2)") } }") $(l d x 1 "scale { shapeScale: 1 scale { $(floats 1) } shapeBias: [1, 1] }")
	$(l e '' 1 "loadConstantND { shape: [1, 1, 1, 1, 2] data { $(floats 2) } }")"

echo '# products'
dynamic='int8DynamicQuantize: true weights'
ip() { l "$1" x 1 "innerProduct { inputChannels: 1 outputChannels: 1 $dynamic { $2 } }"; } # NAME WEIGHTS
int8() { echo "int8RawValue: 'a' quantization { $1 }"; }
bm='batchedMatmul { weightMatrixFirstDimension: 2 weightMatrixSecondDimension: 2'
check "$(ip a "$(bytes 1 "numberOfBits: 8 $(scale 1)")") $(ip b "$(int8 "numberOfBits: 7 $(scale 1)")") $(ip c "$(int8 'numberOfBits: 8')") $(ip d "$(int8 "numberOfBits: 8 $(scale 2 'bias: 1')")")
	$(l e 'x x' 1 "$bm hasBias: true int8DynamicQuantize: true } $(t '3 3' 2)") $(l f x 1 "$bm weights { $(floats 4) } hasBias: true bias { $(floats 1) } } $(t 3 2)") $(l g x 1 "$bm int8DynamicQuantize: true }")
	$(l h x 1 'layerNormalization {}') $(l i x 1 "layerNormalization { normalizedShape: [2, 2] gamma { $(floats 4) quantization {} } beta { $(floats 2) } }")"
check "$(ip a "$(int8 "numberOfBits: 8 $(scale 1)")") $(l b 'x x' 1 "$bm } $(t '3 3' 3)") $(l c x 1 "tile {} $(t 3 1)") $(l d 'c1 c1' 1 "$bm } $(t '1 1' 2)") $(l e x 1 "$bm weights { $(floats 4) } } $(t 3 3)")
	$(l f x 1 "layerNormalization { normalizedShape: [2, 2] gamma { $(floats 4) } beta { $(floats 4) } }")"

echo '# convolutions and images'
w() { l w x 1 "tile {} $(t 3 5)"; } # an input of rank 5
conv='convolution { kernelChannels: 2 outputChannels: 4 nGroups: 2'
side='kernelDepth: 1 kernelHeight: 1 kernelWidth: 2 strideDepth: 1 strideHeight: 1 strideWidth: 1'
conv3='inputChannels: 4 outputChannels: 4 nGroups: 2 dilationDepth: 1 dilationHeight: 1 dilationWidth: 1'
check "$(w) $(l a w1 1 "$conv }") $(l b w1 1 "$conv same {} isDeconvolution: true kernelSize: [1, 2] weights { $(floats 7) } }") $(l c 'w1 w1' 1 "$conv valid {} isDeconvolution: true dilationFactor: [1, 2] }")
	$(l d w1 1 "$conv valid {} kernelSize: 1 weights { $(floats 23) } }") $(l e w1 1 'convolution3d { nGroups: -1 customPaddingTop: -1 }')"
check "$(w) $(l a w1 1 "convolution3d { $conv3 $side outputShape: 1 weights { $(bytes 16 "numberOfBits: 8 $(scale 1)") } hasBias: true bias { $(bytes 4 "numberOfBits: 8 $(scale 1)") } }")
	$(l b w1 1 "convolution3d { $conv3 $side isDeconvolution: true outputShape: 1 weights { $(floats 15) } hasBias: true bias { $(halves 4) } }")
	$(l c w1 1 "pooling3d { $side customPaddingLeft: -1 }") $(l d w1 1 "pooling3d { $side paddingType: VALID customPaddingLeft: 1 }") $(l e w1 1 'pooling3d {}')
	$(l f w1 1 'crop { offset: [1, 1] }') $(l g 'w1 w1' 1 'crop { offset: 1 }')
	$(l h w1 1 'upsample { scalingFactor: [1, 1, 1] }') $(l i w1 1 'upsample { scalingFactor: [1, 1] fractionalScalingFactor: [1, 1] mode: BILINEAR linearUpsampleMode: ALIGN_CORNERS_TRUE }')
	$(l j w1 1 'upsample { fractionalScalingFactor: [1, 1] mode: BILINEAR }') $(l k w1 1 'upsample { linearUpsampleMode: ALIGN_CORNERS_FALSE }')"
check "$(w) $(l a w1 1 "$conv same {} isDeconvolution: true kernelSize: [1, 2] weights { $(floats 8) } }") $(l b 'w1 w1' 1 "$conv valid {} dilationFactor: [1, 1] }") $(l c w1 1 "$conv valid {} kernelSize: 1 weights { $(floats 24) } }")
	$(l d w1 1 "convolution3d { $conv3 $side weights { $(floats 16) } hasBias: true bias { $(floats 4) } }") $(l e w1 1 "convolution3d { $conv3 $side isDeconvolution: true outputShape: [1, 1, 1] weights { $(halves 16) } }")
	$(l f w1 1 "pooling3d { $side customPaddingLeft: 1 }") $(l g w1 1 "pooling3d { $side paddingType: SAME }") $(l h w1 1 'crop { cropAmounts { borderAmounts {} borderAmounts {} } }') $(l i 'w1 w1' 1 'crop { offset: [1, 1] }')
	$(l j w1 1 'upsample { fractionalScalingFactor: [1, 1] mode: BILINEAR linearUpsampleMode: ALIGN_CORNERS_TRUE }') $(l k w1 1 'upsample { scalingFactor: [1, 1] }')"

echo '# shapes'
check "$(l a x 1 'expandDims {}') $(l b x 1 'expandDims { axes: [1, 1] }') $(l c x 1 "expandDims { axes: [0, -5] } $(t 3 5)") $(l d x 1 "expandDims { axes: 0 } $(t 3 5)") $(l e x 1 "expandDims { axes: 4 } $(t 3 4)")
	$(l f x 1 'squeeze {}') $(l g x 1 "squeeze { axes: -4 } $(t 3 2)") $(l h x 1 "squeeze { axes: 0 } $(t 3 1)") $(l i x 1 "reverse {} $(t 3 3)")
	$(l j x 1 'rankPreservingReshape { targetShape: 1 }') $(l k x 1 "rankPreservingReshape { targetShape: 1 } $(t 3 2)") $(l m x 2 'splitND {}') $(l n x 2 'splitND { splitSizes: [1, 1, 1] numSplits: 2 }')"
check "$(l o x 1 "tile {} $(t 3 2)") $(l p 'x o1' 1 "stack {} $(t '3 2' 4)") $(l q x 1 'constantPad {}') $(l r x 1 'constantPad { padAmounts: 1 }')
	$(l s x 1 'constantPad { padAmounts: [0, 1, 2, 3] padToGivenOutputSizeMode: true }') $(l t 'x x x' 1 "scatter {} $(t '3 3 3' 2)") $(l u 'x o1 o1' 1 "scatter {} $(t '3 2 2' 3)")
	$(l v x 1 "slice { axis: 7 stride: 1 } $(t 3 3)") $(l w x 1 'slice { startIndex: 2 endIndex: 1 stride: 1 }') $(l z x 1 'slice { startIndex: -1 endIndex: -2 stride: 1 }')
	layers { name: 'copy' input: 'x' output: 'x' copy {} }
	layers { name: 'if' input: 'o1' inputTensor { rank: 2 dimValue: [1, 2] } branch { ifBranch { $(l in x 1 'sin {}') } } }"
check "$(l a x 1 "expandDims { axes: [0, -1] } $(t 3 5)") $(l b x 1 "squeeze { axes: [0, -1] } $(t 3 1)") $(l c b1 1 "squeeze { axes: 0 } $(t 1 1)") $(l d x 1 'squeeze { squeezeAll: true }')
	$(l e x 1 "reverse { reverseDim: [true, false, true] } $(t 3 3)") $(l f x 1 "rankPreservingReshape { targetShape: [1, 1, 1] } $(t 3 3)") $(l g x 2 'splitND { numSplits: 2 }') $(l h 'x x' 1 'constantPad {}')
	$(l i x 1 'constantPad { padAmounts: [0, 1, 2, 0] padToGivenOutputSizeMode: true }') $(l j 'x b1 x' 1 "scatter {} $(t '3 1 3' 3)") $(l k x 1 'slice { startIndex: 1 endIndex: 1 stride: 1 }') $(l m x 1 'slice { startIndex: -2 endIndex: 0 stride: 1 }')
	layers { name: 'if' input: 'b1' inputTensor { rank: 1 dimValue: 1 } branch { ifBranch { $(l in x 1 'sin {}') } } }"

echo '# activations and recurrent layers'
m() { # GATE…: weights for one input and one output
	for g; do echo "${g}WeightMatrix { floatValue: 1 } ${g}RecursionMatrix { floatValue: 1 }"; done
}
one='inputVectorSize: 1 outputVectorSize: 1'
rnn="simpleRecurrent { $one"
gates=$(m inputGate forgetGate blockInput outputGate)
three='{ tanh {} } { linear {} } { ReLU {} }'
three() { echo "$1 { tanh {} } $1 { linear {} } $1 { ReLU {} }"; }
check "$(l a x 1 "activation { PReLU { alpha { $(floats 1) $(halves 1) } } }") $(l b x 1 "activation { parametricSoftplus { alpha { $(floats 1) } beta { $(halves 1) } } }")
	$(w) $(l c 'w1 w1' 2 "$rnn }") $(l d 'w1 w1' 2 "$rnn activation { ELU {} } weightMatrix { $(floats 1) } recursionMatrix { $(halves 1) } hasBiasVector: true biasVector { $(floats 1) } }")
	$(l e w1 2 "gru { $one activations { } $(m updateGate resetGate outputGate) hasBiasVectors: true updateGateBiasVector { $(halves 1) } }")"
check "$(w) $(l a w1 3 "uniDirectionalLSTM { $one weightParams { $gates } params { hasPeepholeVectors: true } }")
	$(l b w1 5 "biDirectionalLSTM { $one $(three activationsForwardLSTM) activationsBackwardLSTM { softsign {} } weightParams { $gates } }")
	$(l c w1 5 "biDirectionalLSTM { $one $(three activationsForwardLSTM) $(three activationsBackwardLSTM) weightParams { $gates } weightParams { } }") $(l d w1 3 "uniDirectionalLSTM { $(three activations) }")"
check "$(l a x 1 "activation { PReLU { alpha { $(floats 1) } } }") $(w) $(l b 'w1 w1' 2 "$rnn activation { tanh {} } weightMatrix { $(bytes 1 "numberOfBits: 8 $(scale 1)") } recursionMatrix { $(halves 1) } hasBiasVector: true biasVector { $(floats 1) } }")
	$(l c w1 2 "gru { $one $(m updateGate resetGate outputGate) }") $(l d w1 3 "uniDirectionalLSTM { $one $(three activations) weightParams { $gates } }")
	$(l e w1 5 "biDirectionalLSTM { $one $(three activationsForwardLSTM) $(three activationsBackwardLSTM) weightParams { $gates } weightParams { $(echo "$gates" | sed "s/floatValue: 1/$(halves 1)/g") } }")"
