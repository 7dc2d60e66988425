# ML Programs against their descriptions, and all operations that are wrong.
spec() { # NAME
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1"
}
a() { echo "multiArrayType { shape: $1 dataType: ${2-FLOAT32} }"; }
f() { echo "$1 { name: '$2' type { $3 } }"; }
t() { # DTYPE DIM…
	d=$1
	shift
	echo "type { tensorType { dataType: $d rank: $# $(for n; do echo "dimensions { constant { size: $n } }"; done) } }"
}
fn() { # NAME OPSET INPUTS OUTPUTS OPERATIONS
	echo "functions { key: '$1' value { opset: '$2' $3 block_specializations { key: '$2' value { $5 $(for o in $4; do echo "outputs: '$o'"; done) } } } }"
}
op() { # TYPE NAME IN=NAME… -- TYPE OF RESULT
	type=$1 name=$2
	shift 2
	echo "operations { type: '$type' $(for i; do echo "inputs { key: '${i%=*}' value { arguments { name: '${i#*=}' } } }"; done) outputs { name: '$name' $result } }"
}
x="inputs { name: 'x' $(t FLOAT32 2) }"
result=$(t FLOAT32 2)
echo "specificationVersion: 7 description {
	$(f input x "$(a 3 INT32)") $(f input u "$(a '[1, 2]')") $(f input s 'dictionaryType { int64KeyType {} }') $(f input i 'imageType { width: 2 height: 2 colorSpace: RGB }')
	$(f input gone "$(a 2)") $(f output y "$(a 2)") $(f output label 'doubleType {}') $(f output none "$(a 2)") $(f state st 'stateType { arrayType { shape: 2 dataType: FLOAT16 } }')
	predictedFeatureName: 'label' predictedProbabilitiesName: 'probs' }
	mlProgram { version: 1 $(fn main CoreML8 "$x inputs { name: 'u' $(t FLOAT32 2) } inputs { name: 's' $(t FLOAT32 2) } inputs { name: 'i' $(t FLOAT32 2) } inputs { name: 'st' $(t FLOAT16 2) } inputs { name: 'extra' $(t FLOAT32 2) }" \
	'y label more' "$(op relu y x=x) $(op sqrt label x=y) $(op exp more x=y)") }" | spec m.mlmodel
try check m.mlmodel
echo '# every operation'
good="specificationVersion: 8 description { $(f input x "$(a 2)") $(f output y "$(a 2)") }"
short=$(t FLOAT32 3)
{
	echo "$good mlProgram { version: 1 $(fn main CoreML7 "$x" "y" "
	$(op relu a x=nothing) $(op relu b x=x y=x) $(op frobnicate c x=x) $(op add d x=x) $(op relu a x=a)
	$(op custom_layer e x=x) $(op relu '9f' x=x) $(op gelu g x=c y=d z=e)
	operations { type: 'relu' inputs { key: 'x' value { arguments { name: 'x' } } } outputs { name: 'h' type {} } }
	$(op exp k x=h) $(op add l x=k y=a)
	operations { type: 'const' attributes { key: 'val' value { $(t FLOAT32 2) immediateValue { tensor { ints { values: 1 } } } } } outputs { name: 'm' $(t FLOAT32 2) } }
	operations { type: 'const' outputs { name: 'n' $(t BOOL) } }
	operations { type: 'cond' inputs { key: 'pred' value { arguments { name: 'n' } } } outputs { name: 'o' $result }
		blocks { outputs: 'q' $(op relu p x=q) } blocks { outputs: 'r' $(op relu r x=x) } }
	$(op read_state rs input=x) operations { type: 'write_state' }
	$(result=$short op relu y x=x)
	") $(fn main2 CoreML5 "$x" "nothing" "$(op relu z x=x)") $(fn main3 CoreML99 '' '' '') functions { key: '' } }"
} | spec m.mlmodel
try check m.mlmodel
echo '# a rule speaks of the result of an operation that was given up'
echo "$good mlProgram { version: 1 $(fn main CoreML7 "$x" y "$(result=$short op relu a x=nothing) $(op add y x=a y=x)") }" | spec m.mlmodel
try check m.mlmodel
echo '# what stands there twice'
good2=$(echo "$good" | sed 's/ }$/ metadata { userDefined { key: "a" } userDefined { key: "a" } } }/')
echo "$good2 mlProgram { version: 1 $(fn main CoreML7 "$x" y "$(op relu a x=x) $(op relu y x=x x=a)") $(fn main CoreML7 "$x" y "$(op relu y x=x)") }" | spec m.mlmodel
try check m.mlmodel
echo '# several functions'
face="$(f input x "$(a 2)") $(f output y "$(a 2)")"
echo "specificationVersion: 9 description { functions { name: 'one' $face } functions { name: 'two' $face } defaultFunctionName: 'one' }
	mlProgram { version: 1 $(fn one CoreML5 "$x" y "$(op relu y x=x)") $(fn three CoreML5 "$x" y "$(op relu y x=x)") }" | spec m.mlmodel
try check m.mlmodel
echo "$good mlProgram { version: 1 $(fn one CoreML5 "$x" y "$(op relu y x=x)") $(fn two CoreML5 "$x" y "$(op relu y x=x)") }" | spec m.mlmodel
try check m.mlmodel
echo '# images'
result=$(t FLOAT32 1 3 4 5)
echo "specificationVersion: 8 description { $(f input x 'imageType { width: 5 height: 4 colorSpace: GRAYSCALE }') $(f output y 'imageType { width: 4 height: 4 colorSpace: BGR }') }
	mlProgram { version: 1 $(fn main CoreML5 "inputs { name: 'x' $result }" y "$(op relu y x=x)") }" | spec m.mlmodel
try check m.mlmodel
result=$(t FLOAT32 2)
echo '# what is left out, with --strict'
echo "$good mlProgram { version: 1 $(fn main CoreML5 "$x" y "$(op softmax y x=x)") }" | spec m.mlmodel
try check m.mlmodel
try check --strict m.mlmodel
try check --strict --werror m.mlmodel
