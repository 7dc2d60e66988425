# A network that is a classifier, alone and at the end of a pipeline: label and probabilities, in its
# own order as it is run and with the label first as an ML Program.
encode() { protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1"; }
array() { echo "{ name: \"$1\" type { multiArrayType { dataType: FLOAT32 shape: $2 } } }"; }
face() { # INPUT
	echo "description { input $(array "$1" 3)"
	echo 'output { name: "p" type { dictionaryType { stringKeyType { } } } }'
	echo 'output { name: "label" type { stringType { } } }'
	echo 'predictedFeatureName: "label" predictedProbabilitiesName: "p" }'
}
classifier() { # INPUT
	face "$1"
	echo 'neuralNetworkClassifier { layers { name: "s" input: "'"$1"'" output: "p" softmax { } }'
	echo 'stringClassLabels { vector: "ant" vector: "bee" vector: "cat" } }'
}
{ echo 'specificationVersion: 1'; classifier x; } | encode c.mlmodel
try run --seed 1 c.mlmodel
try run --seed 1 c.mlmodel -o c.npz
python3 - <<'END2'
import zipfile
print(*sorted(zipfile.ZipFile("c.npz").namelist()))
END2
try dump -t mlprogram --verify c.mlmodel -o c.mil
grep -A5 -e rename_feature -e predicted_ c.mil
try run --seed 1 c.mil
try c.mlmodel -t mlprogram -o c.mlpackage
try run --seed 1 c.mlpackage
{
	echo 'specificationVersion: 1'
	face x
	echo 'pipelineClassifier { pipeline { models { specificationVersion: 1'
	echo "description { input $(array x 3) output $(array h 3) }"
	echo 'neuralNetwork { layers { name: "m" input: "x" output: "h" multiply { alpha: 2 } } } }'
	echo "models { specificationVersion: 1 $(classifier h) } } }"
} | encode p.mlmodel
try run --seed 1 p.mlmodel
try dump -t mlprogram --verify p.mlmodel -o p.mil
try run --seed 1 p.mil
# the first network gives [3, 1, 1], the second takes [3]; or it takes another number of elements
relu() { # INPUT SIZE OUTPUT
	echo "models { specificationVersion: 1 description { input $(array "$1" "$2")"
	echo "output { name: \"$3\" type { multiArrayType { dataType: FLOAT32 } } } }"
	echo "neuralNetwork { layers { name: \"m\" input: \"$1\" output: \"$3\" activation { ReLU { } } } } }"
}
for n in 3 2; do
	{
		echo "specificationVersion: 1 description { input $(array x 3) output $(array y 3) }"
		echo "pipeline { $(relu x 3 h) $(relu h $n y) }"
	} | encode s.mlmodel
	try run --seed 1 s.mlmodel
done
# a regressor
{
	echo 'specificationVersion: 1'
	echo "description { input $(array x 3) output $(array y 1) predictedFeatureName: \"y\" }"
	echo 'neuralNetworkRegressor { layers { name: "s" input: "x" output: "y" innerProduct {'
	echo 'inputChannels: 3 outputChannels: 1 weights { floatValue: [1, 2, 3] } } } }'
} | encode r.mlmodel
try run --seed 1 r.mlmodel
try dump -t mlprogram --verify r.mlmodel -o r.mil
# what passes change is said
try dump -t mlprogram --verify --verify-passes --precision fp16 r.mlmodel -o r.mil
{
	echo 'specificationVersion: 1'
	echo "description { input $(array x 3) output $(array y 3) }"
	echo 'neuralNetwork { layers { name: "s" input: "x" output: "y" multiply { alpha: 1e6 } } }'
} | encode m.mlmodel
try dump -t mlprogram --verify --precision fp16 m.mlmodel -o m.mil
ls m.mil 2>&1
