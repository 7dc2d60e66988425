# What only one kind of model has: numbers that agree, fields that are set, features that are named.
f() { echo "$1 { name: '$2' type { $3 } }"; }
a() { echo "multiArrayType { shape: $1 dataType: ${2-FLOAT32} }"; }
i='int64Type {}' d='doubleType {}' s='stringType {}' seq='sequenceType { stringType {} }' dict='dictionaryType { int64KeyType {} }'
image='imageType { width: 1 height: 1 colorSpace: RGB }'
check() { # INPUTS OUTPUTS BODY: types, named x y … and u v …
	n=$(echo "$1" | sed 's/;/\n/g' | awk 'NF { printf "input { name: \"i%d\" type { %s } }\n", NR, $0 }')
	o=$(echo "$2" | sed 's/;/\n/g' | awk 'NF { printf "output { name: \"o%d\" type { %s } }\n", NR, $0 }')
	echo "specificationVersion: 10 description { $n $o $4 } $3" >text
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto <text >m.mlmodel
	echo "# $3" | tr '\n' ' '
	echo
	try check m.mlmodel
}
p="predictedFeatureName: 'o1'"
check "$(a 2)" "$d" 'glmRegressor { weights { value: [ 1, 2 ] } weights { value: 1 } offset: 0 }' "$p"
check "$(a 2)" "$s" 'glmClassifier { postEvaluationTransform: 1 weights {} offset: 0 stringClassLabels { vector: ["a", "b", "c"] } }' "$p"
check "$(a 2)" "$s" 'glmClassifier { classEncoding: 1 weights { value: 1 } weights { value: 1 } offset: [ 0, 0 ] stringClassLabels { vector: ["a", "b"] } }' "$p"
check "$(a 2)" "$s" 'glmClassifier { classEncoding: 1 weights { value: 1 } offset: 0 stringClassLabels { vector: ["a", "b", "c"] } }' "$p"
check "$(a 2)" "$i" 'glmClassifier { classEncoding: 2 int64ClassLabels { vector: 1 } }' "$p"
check "$(a 2)" "$d" 'supportVectorRegressor { kernel { polyKernel { degree: -1 gamma: -1 } } denseSupportVectors { vectors {} } }' "$p"
check "$(a 2)" "$d" 'supportVectorRegressor { kernel { rbfKernel { gamma: -1 } } }' "$p"
check "$(a 2)" "$s" 'supportVectorClassifier { kernel { sigmoidKernel { gamma: 1 } } sparseSupportVectors { vectors {} vectors {} } stringClassLabels { vector: ["a", "b"] }
	numberOfSupportVectorsPerClass: 1 coefficients { alpha: 1 } probA: [ 1, 2 ] }' "$p"
node() { echo "nodes { treeId: 0 nodeId: $1 $2 }"; }
leaf='nodeBehavior: LeafNode evaluationInfo { evaluationValue: 1 }'
check "$d" "$d" 'treeEnsembleRegressor {}'
check "$d" "$d" "treeEnsembleRegressor { treeEnsemble { numPredictionDimensions: 1
	$(node 0 'trueChildNodeId: 1 falseChildNodeId: 2') $(node 1 "$leaf") $(node 2 "$leaf") } }"
check "$d" "$d" "treeEnsembleClassifier { stringClassLabels { vector: ['a', 'b', 'c'] } treeEnsemble { numPredictionDimensions: 1 basePredictionValue: [ 1, 2 ]
	$(node 0 'trueChildNodeId: 1 falseChildNodeId: 9') $(node 1 'nodeBehavior: LeafNode') $(node 1 "$leaf")
	$(node 2 'trueChildNodeId: 1 falseChildNodeId: 2') $(node 3 'trueChildNodeId: 4 falseChildNodeId: 5')
	$(node 4 'trueChildNodeId: 3 falseChildNodeId: 5') $(node 5 "$leaf evaluationInfo { evaluationIndex: 1 } evaluationInfo {}")
	nodes { treeId: 1 nodeId: 0 nodeBehavior: 9 trueChildNodeId: 1 falseChildNodeId: 2 } nodes { treeId: 1 nodeId: 1 $leaf } nodes { treeId: 1 nodeId: 2 $leaf } } }"
knn='kNearestNeighborsClassifier { numberOfNeighbors { defaultValue: 3'
check "$(a 2)" "$s" "$knn range { minValue: 4 maxValue: 9 } } }" "$p"
check "$(a 2)" "$i" "$knn set { values: [ 1, 0 ] } } uniformWeighting {} int64ClassLabels { vector: [ 1, 2 ] } defaultStringLabel: 'a' nearestNeighborsIndex {
	numberOfDimensions: 2 floatSamples { vector: 1 } singleKdTreeIndex {} squaredEuclideanDistance {} } }" "$p"
check "$(a 2)" "$i" "$knn } uniformWeighting {} defaultInt64Label: 1 nearestNeighborsIndex { linearIndex {} squaredEuclideanDistance {} } }" "$p"
check "$i;$i" "$d" 'itemSimilarityRecommender { itemItemSimilarities { itemId: 3 similarItemList { itemId: 5 } } itemInt64Ids { vector: [ 1, 1 ] } itemStringIds { vector: ["a", "a"] } }'
check "$s" "$dict" "itemSimilarityRecommender { numRecommendationsInputFeatureName: 'n' recommendedItemScoreOutputFeatureName: 'o1' }"
nms="nonMaximumSuppression { confidenceInputFeatureName: 'i1' coordinatesInputFeatureName: 'i2' confidenceOutputFeatureName: 'o1' coordinatesOutputFeatureName: 'o2'"
check "$(a 2);$(a 2);$d" "$(a '[2, 3]');$(a '[4, 4]')" "$nms iouThreshold: 2 confidenceThreshold: -1 stringClassLabels { vector: ['a'] } }"
check "$(a 2 INT32);$(a 2 INT32)" "$(a 2 INT32);$(a '[4, 4]' INT32);$d" "$nms iouThresholdInputFeatureName: 'none' }"
check "$(a 2 DOUBLE);$(a 2)" "multiArrayType { dataType: DOUBLE enumeratedShapes { shapes { shape: [ 1, 2 ] } } };$d" "$nms }"
check "$(a 2 DOUBLE);$(a 2)" "multiArrayType { dataType: DOUBLE enumeratedShapes { shapes { shape: [ 1, 2 ] } } };$(a 2)" "$nms }"
check "$s;$s" "$(a 2)" 'imputer { imputedInt64Value: 1 replaceDoubleValue: 2 }'
check "$(a '[2, 2]')" "$(a 2)" 'imputer { imputedDoubleArray { vector: [ 1, 2, 3 ] } }'
check "$dict" "$dict" 'imputer { imputedStringDictionary {} replaceDoubleValue: 2 }'
check "$i" "$i" 'imputer {}'
check "$i" "$d" 'scaler { scaleValue: [ 1, 2 ] }'
check "$(a 2)" "$d" 'scaler { shiftValue: [ 1, 2, 3 ] }'
check "$s" "$s" 'categoricalMapping {}'
check "$s" "$s" "categoricalMapping { stringToInt64Map {} strValue: 'a' }"
check "$seq" "$s" 'categoricalMapping { int64ToStringMap {} strValue: "a" }'
check "$s" "$d" 'oneHotEncoder { outputSparse: true }'
check "$(a 2)" "$d" 'arrayFeatureExtractor { extractIndex: [ 1, 2 ] }'
check "$d;$dict" "$d" 'featureVectorizer { inputList { inputColumn: "a" } }'
check "$d" "$d" 'dictVectorizer {}'
check "$(a 2)" "$(a 2)" 'normalizer { normType: 3 }'
check "$d" "$d" 'customModel { parameters { key: "" value {} } }'
check "$d" "$d" 'linkedModel {}'
check "$d" "$d" 'linkedModel { linkedModelFile {} }'
check "$d" "$d" 'classConfidenceThresholding {}'
check "$d" "$d" 'classConfidenceThresholding { precisionRecallCurves { precisionValues { vector: [ 1, -1 ] } precisionConfidenceThresholds { vector: [ 1, inf ] } recallValues { vector: 1 } } }'
check "$(a 2 INT32);$(a 2);$d;$(a '[2, 2, 2]' INT32)" "$d" 'bayesianProbitRegressor {}'
check "$s" "$s" 'textClassifier {}'
check "$s" "$s" 'gazetteer { revision: 1 }'
check "$s" "$(a 2)" 'wordEmbedding { revision: 2 modelParameterData: "x" }'
check "$s" "$seq;$seq" "wordTagger { tokenTagsOutputFeatureName: 'tags' tokenLocationsOutputFeatureName: 'o1' tokensOutputFeatureName: 'o3' }"
check "$image" "$(a 2);$(a 2)" 'visionFeaturePrint {}'
check "$image" "$(a 2)" 'visionFeaturePrint { scene { version: 3 } }'
check "$image" "$(a 2)" 'visionFeaturePrint { objects { output: "o2" } }'
check "$(a 2)" "$(a 2)" 'soundAnalysisPreprocessing { vggish {} }'
check "$(a 2)" "$(a 2)" 'soundAnalysisPreprocessing {}'
check "$(a 2)" "$d" 'audioFeaturePrint { sound { version: 1 } }'
check "$(a 2)" "$(a 2)" 'audioFeaturePrint { sound {} }'
check "$s" "$d" 'identity {}'
