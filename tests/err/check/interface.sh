# Lists of features: names and numbers, what is optional, labels, several functions, versions.
spec() { # FILE: the text of a specification from standard input
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1"
}
check() { # TEXT
	echo "$1" | spec m.mlmodel
	try check m.mlmodel
}
f() { echo "$1 { name: '$2' type { $3 } }"; }
a='multiArrayType { shape: 1 dataType: FLOAT32 }'
d='doubleType {}'
custom="customModel { className: 'C' }"
check "specificationVersion: 11 description {} $custom"
check "specificationVersion: 0 description { $(f input x "$d") $(f output y "$d") } $custom"
check "specificationVersion: 9 description { $(f input x "$d") $(f output y "$d") }"
check "specificationVersion: 8 description { $(f output y "$a") } mlProgram {}"
check "specificationVersion: 3 description { $(f input x "$d") $(f input x "$a") $(f output y "$d") $(f output y "$d") } isUpdatable: true $custom"
opt="isOptional: true multiArrayType { shape: 1 dataType: FLOAT32 floatDefaultValue: 2 }"
check "specificationVersion: 4 description { $(f input x "$opt") $(f output y "$a") } mlProgram {}"
check "specificationVersion: 5 description { $(f input x "$opt") $(f input y "$d") $(f output y "$d") } $custom"
# Pipelines and their parts.
part() { echo "models { specificationVersion: 5 description { $1 } isUpdatable: $2 $custom }"; }
check "specificationVersion: 5 description { $(f input x "$d") $(f output y "$a") } pipeline { }"
check "specificationVersion: 5 isUpdatable: true description { $(f input x "$d") $(f output y "$a") $(f output z "$a") } pipeline { names: 'one' names: 'one'
	$(part "$(f input x "$a") $(f input u "$d") $(f output v "$a")" true)
	$(part "$(f input v "multiArrayType { shape: 2 dataType: FLOAT32 }") $(f output y "$d")" false)
	$(part "" false) }"
check "specificationVersion: 5 description { $(f input x "$d") $(f output x "$d") } pipelineRegressor { pipeline { names: 'one' names: 'two'
	$(part "$(f input x "$d") $(f output w "$d")" true) } }"
# Types that go together, and those that do not.
wire() { # TYPE TYPE
	check "specificationVersion: 9 description { $(f input x "$1") $(f output y "$d") } pipeline { models { specificationVersion: 9 description {
	$(f input x "$2") $(f output y "$d") } $custom } }"
}
image='imageType { width: 2 height: 2 colorSpace:'
wire "$image RGB }" "$image BGR }"
wire "$image RGB }" "$image RGB }"
wire 'dictionaryType { int64KeyType {} }' 'dictionaryType { stringKeyType {} }'
wire 'sequenceType { int64Type {} }' 'sequenceType { int64Type {} sizeRange { upperBound: 3 } }'
wire 'multiArrayType { dataType: FLOAT32 shapeRange { sizeRanges { upperBound: -1 } } }' "multiArrayType { shape: 3 dataType: FLOAT32 }"
wire 'multiArrayType { dataType: FLOAT32 enumeratedShapes { shapes { shape: [ 1, 2 ] } } }' "$a"
wire 'stringType {}' 'stringType {}'
# Classifiers and regressors.
check "specificationVersion: 1 description { $(f input x "$a") $(f output y "$d") } glmClassifier { weights { value: 1 } offset: 1 }"
check "specificationVersion: 1 description { $(f input x "$a") $(f output y "$d") $(f output p "$d") predictedFeatureName: 'y' predictedProbabilitiesName: 'p' }
	glmClassifier { weights { value: 1 } offset: 1 int64ClassLabels {} }"
check "specificationVersion: 1 description { $(f input x "$a") $(f output y 'stringType {}') predictedFeatureName: 'z' } glmRegressor {}"
# Several functions.
fn() { echo "functions { name: '$1' $2 }"; }
check "specificationVersion: 8 description { $(fn one "") $(f input x "$a") predictedFeatureName: 'x' defaultFunctionName: 'two' } $custom"
check "specificationVersion: 9 description { $(fn one "$(f input x "$a") $(f output y "$a")") defaultFunctionName: 'one' } mlProgram {}"
