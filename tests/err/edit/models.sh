# Networks, pipelines and other kinds changed.
spec() { # NAME: text from standard input
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1.mlmodel"
}
edit() { # MODEL EDIT…
	model=$1
	shift
	rm -f e.mlmodel
	try edit "$model.mlmodel" "$@" -o e.mlmodel
	[ -e e.mlmodel ] || return 0
	try diff "$model.mlmodel" e.mlmodel
}
f() { echo "$1 { name: '$2' type { $3 } }"; }
a() { echo "multiArrayType { shape: $1 dataType: FLOAT32 }"; }
l() { echo "layers { name: '$1' input: '$2' output: '$3' $4 }"; }
relu='activation { ReLU {} }'
echo "specificationVersion: 4 description { $(f input x "$(a 2)") $(f output y "$(a 2)") $(f output z "$(a 2)") $(f trainingInput x "$(a 2)") } neuralNetwork {
	arrayInputShapeMapping: EXACT_ARRAY_MAPPING preprocessing { featureName: 'x' scaler {} }
	$(l one x a "$relu") $(l two a b 'unary { type: EXP }') $(l three b y "$relu") $(l four a c "$relu")
	layers { name: 'branch' input: 'c' branch { ifBranch { $(l in c z "$relu") } elseBranch { $(l in a z "$relu") } } } $(l dead a nobody "$relu")
	layers { name: 'loop' loop { conditionVar: 'a' conditionNetwork { $(l in b a2 "$relu") } bodyNetwork { $(l in b a3 "$relu") } } }
	updateParams { lossLayers { name: 'loss' meanSquaredErrorLossLayer { input: 'a' target: 'x' } } } }" | spec net
edit net --rename x=image
edit net --rename a=first --set author=me
edit net --rename a=b
edit net --tap a
edit net --tap none
edit net --drop-output y
edit net --drop-output none
edit net --drop-output y --drop-output z
edit net --extract a..y
edit net --fp16
edit net --append net.mlmodel
edit net --target iOS15
edit net --target iOS12
echo "specificationVersion: 4 description { $(f input x "$(a 2)") $(f output label 'stringType {}') $(f output p 'dictionaryType { stringKeyType {} }') predictedFeatureName: 'label' predictedProbabilitiesName: 'p' }
	neuralNetworkClassifier { $(l one x y "$relu") labelProbabilityLayerName: 'y' stringClassLabels { vector: 'a' vector: 'b' } }" | spec class
edit class --rename label=kind --rename y=probs
edit class --drop-output p
one="specificationVersion: 3 description { $(f input x "$(a 2)") $(f output y 'doubleType {}') predictedFeatureName: 'y' } glmRegressor { weights { value: [ 1, 2 ] } offset: 0 }"
two="specificationVersion: 3 description { $(f input y 'doubleType {}') $(f output z "$(a 1)") } featureVectorizer { inputList { inputColumn: 'y' inputDimensions: 1 } }"
echo "specificationVersion: 3 description { $(f input x "$(a 2)") $(f output z "$(a 1)") } pipeline { models { $one } models { $two } }" | spec pipe
edit pipe --rename y=middle --rename z=end
echo "specificationVersion: 4 description { $(f input i 'stringType {}') $(f output o 'sequenceType { stringType {} }') } wordTagger { revision: 1 tokenTagsOutputFeatureName: 'o' modelParameterData: 'x' stringTags { vector: 'a' } }" | spec tagger
edit tagger --rename o=tags --set 'wordTagger.language=en'
edit tagger --drop-output o
echo 'specificationVersion: 4' | spec empty
edit empty --rename a=b
edit empty --set author=me
