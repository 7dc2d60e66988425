# Single features: sizes and how they vary, element types, default values, states.
spec() { # NAME: the text of a specification from standard input
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1.mlmodel"
}
array() { # VERSION ROLE FIELDS…: each an array of its own
	v=$1 role=$2
	shift 2
	n=0
	for f; do
		n=$((n + 1))
		echo "$role { name: 'x$n' type { $f } }"
	done >features
	other='output { name: "y" type { doubleType {} } }'
	[ "$role" = input ] || other="input { name: 'y' type { doubleType {} } } $(
		[ "$role" = output ] || echo "$other" | sed s/y/z/)"
	echo "specificationVersion: $v description { $(cat features) $other } customModel { className: 'C' }" | spec m
	try check m.mlmodel
}
f32='dataType: FLOAT32'
array 10 input \
	"multiArrayType { $f32 enumeratedShapes {} }" \
	"multiArrayType { $f32 shape: 3 enumeratedShapes { shapes { shape: 1 } shapes { shape: 2 } shapes { shape: 1 } shapes {} } }" \
	"multiArrayType { $f32 shape: [ 1, 9 ] shapeRange { sizeRanges { lowerBound: 3 upperBound: 2 } sizeRanges { lowerBound: 2 upperBound: 8 } } }" \
	"multiArrayType { $f32 shape: 1 shapeRange { sizeRanges { upperBound: -1 } sizeRanges { upperBound: -1 } } }" \
	"multiArrayType { $f32 }" \
	"multiArrayType { $f32 shape: [ 1, -2 ] }" \
	"multiArrayType { shape: 1 }" \
	"multiArrayType { shape: 1 dataType: INT8 intDefaultValue: 128 }" \
	"multiArrayType { shape: 1 dataType: INT32 floatDefaultValue: 1 }" \
	"dictionaryType {}" "sequenceType { sizeRange { lowerBound: 2 upperBound: 1 } }" "isOptional: true" \
	"imageType { enumeratedSizes {} }" \
	"imageType { width: 2 height: 3 colorSpace: RGB enumeratedSizes { sizes { width: 2 height: 2 } } }" \
	"imageType { colorSpace: BGR enumeratedSizes { sizes { width: 2 height: 0 } } }" \
	"imageType { width: 2 height: 3 colorSpace: RGB imageSizeRange { widthRange { lowerBound: 3 upperBound: 2 } heightRange { lowerBound: 4 upperBound: -1 } } }" \
	"imageType { colorSpace: GRAYSCALE imageSizeRange { widthRange { lowerBound: 3 upperBound: 4 } heightRange {} } }"
array 6 input "multiArrayType { shape: 1 dataType: FLOAT16 }" \
	"imageType { width: 1 height: 1 colorSpace: GRAYSCALE_FLOAT16 }"
array 2 input "sequenceType { stringType {} }" \
	"multiArrayType { $f32 enumeratedShapes { shapes { shape: 1 } } }" \
	"imageType { colorSpace: RGB enumeratedSizes { sizes { width: 2 height: 2 } } }"
array 8 state "doubleType {}" "stateType {}" "isOptional: true stateType { arrayType { shape: 1 $f32 shapeRange {} floatDefaultValue: 1 } }" \
	"stateType { arrayType { shape: -1 dataType: FLOAT16 } }"
array 9 output "stateType { arrayType { shape: 1 dataType: FLOAT16 } }" "isOptional: true doubleType {}"
# What the rules let pass: ranges without end, the first enumerated shape or the lower bounds by default.
array 9 input "multiArrayType { $f32 shape: [ 1, 9 ] shapeRange { sizeRanges { lowerBound: 1 upperBound: 1 } sizeRanges { upperBound: -1 } } }" \
	"multiArrayType { $f32 enumeratedShapes { shapes { shape: 1 } shapes { shape: 2 } } }" \
	"imageType { colorSpace: BGR imageSizeRange { widthRange { lowerBound: 3 upperBound: 4 } heightRange { lowerBound: 1 upperBound: -1 } } }" \
	"imageType { width: 2 height: 2 colorSpace: RGB enumeratedSizes { sizes { width: 2 height: 2 } } }" \
	"multiArrayType { shape: [] shape: 0 dataType: DOUBLE }" "dictionaryType { int64KeyType {} }" \
	"sequenceType { int64Type {} sizeRange { upperBound: -1 } }" \
	"stateType { arrayType { shape: 1 dataType: FLOAT16 } }"
try check --json m.mlmodel
echo "specificationVersion: 9 description { input { type { doubleType {} } } output {} } customModel { className: 'C' }" | spec n
try check --json n.mlmodel
