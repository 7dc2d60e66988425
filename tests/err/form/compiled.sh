# Compiled models: written, read back, and with one thing wrong.
cat >net.mil <<'EOF'
import coremltools as ct
import numpy as np

@mb.program(input_specs=[mb.TensorSpec(shape=(1, 20))], opset_version=ct.target.iOS17)
def f(x):
    y = mb.linear(x=x, weight=np.arange(60, dtype=np.float32).reshape(3, 20) / 8)
    return mb.softmax(x=y, axis=-1, name="y")

model = ct.convert(f, minimum_deployment_target=ct.target.iOS17)
model.author = "nobody"
model.input_description["x"] = "twenty numbers"
model.save("net.mlpackage")
EOF
try net.mil
try net.mil -o net.mlmodelc
find net.mlmodelc -type f | sort
cat net.mlmodelc/model.mil
echo
cat net.mlmodelc/metadata.json
echo
od -An -tx1 -v net.mlmodelc/coremldata.bin | head -8
cut -c1-200 net.mlmodelc/analytics/coremldata.bin | tr -c '[:print:]\n' .
cmp net.mlmodelc/weights/weight.bin net.mlpackage/Data/com.apple.CoreML/weights/weight.bin
try net.mlmodelc -o back.mlpackage
cmp back.mlpackage/Data/com.apple.CoreML/weights/weight.bin net.mlpackage/Data/com.apple.CoreML/weights/weight.bin
try run back.mlpackage --seed 1
try run net.mlmodelc --seed 1
try net.mlpackage -o same.mlmodelc
diff -r net.mlmodelc same.mlmodelc

# without coremldata.bin the text is all there is
cp -r net.mlmodelc bare.mlmodelc
rm -r bare.mlmodelc/coremldata.bin bare.mlmodelc/metadata.json bare.mlmodelc/analytics
try run bare.mlmodelc --seed 1

# an operation that nobody knows, with an operand named as those of compressed weights are
cp -r net.mlmodelc odd.mlmodelc
rm -r odd.mlmodelc/coremldata.bin odd.mlmodelc/metadata.json odd.mlmodelc/analytics
sed -i 's/= linear(bias = [a-z_0-9]*, weight = [a-z_0-9]*,/= swizzle(indices = tensor<fp16, [3, 20]>(BLOBFILE(path = tensor<string, []>("@model_path\/weights\/weight.bin"), offset = tensor<uint64, []>(64))),/' odd.mlmodelc/model.mil
try odd.mlmodelc -o again.mlmodelc
grep -c swizzle again.mlmodelc/model.mil
grep storagePrecision again.mlmodelc/metadata.json

# a pipeline of two: each stage a folder
codec() { protoc --proto_path="$top/proto" --"$1"=CoreML.Specification.Model Model.proto; }
spec=net.mlpackage/Data/com.apple.CoreML/model.mlmodel
stage=$(codec decode <$spec)
pipeline() { # NAMES
	printf 'specificationVersion: 8\ndescription { %s }\npipeline { models { %s } models { %s } %s }' \
		'input { name: "x" type { multiArrayType { shape: [1, 20] dataType: FLOAT32 } } }
		 output { name: "y" type { multiArrayType { shape: [1, 3] dataType: FLOAT32 } } }' \
		"$stage" "$stage" "$1"
}
mkdir pipe.mlpackage
cp -r net.mlpackage/* pipe.mlpackage/
pipeline 'names: "first" names: "second"' | codec encode >pipe.mlpackage/Data/com.apple.CoreML/model.mlmodel
try pipe.mlpackage -o pipe.mlmodelc
find pipe.mlmodelc -type f | sort
od -An -tx1 -v pipe.mlmodelc/coremldata.bin | head -7
od -An -c pipe.mlmodelc/modelNames/coremldata.bin
tr -c '[:print:]' . <pipe.mlmodelc/analytics/coremldata.bin
echo
try pipe.mlmodelc -o back.mlpackage
find back.mlpackage -type f | sort
codec decode <back.mlpackage/Data/com.apple.CoreML/model.mlmodel | grep -E 'names|fileName|specificationV'
try back.mlpackage -o again.mlmodelc
diff -r -q pipe.mlmodelc/model1 again.mlmodelc/model1
rm pipe.mlmodelc/modelNames/coremldata.bin
try pipe.mlmodelc -o back2.mlpackage
try run pipe.mlmodelc --seed 1
try pipe.mlmodelc -o pipe.mil

# stages in a row: their values go by name
cat >two_stages.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))])
def g(y):
    return mb.mul(x=y, y=np.float32(100), name="z")
EOF
"$MILC" two_stages.mil -o second.mlpackage
second=$(codec decode <second.mlpackage/Data/com.apple.CoreML/model.mlmodel)
printf 'specificationVersion: 8\ndescription { %s }\npipeline { models { %s } models { %s } }' \
	'input { name: "x" type { multiArrayType { shape: [1, 20] dataType: FLOAT32 } } }
	 output { name: "z" type { multiArrayType { shape: [1, 3] dataType: FLOAT32 } } }' \
	"$stage" "$second" >rows.txt
row() { # SED: the pipeline of the two, changed
	sed "$1" rows.txt | codec encode >pipe.mlpackage/Data/com.apple.CoreML/model.mlmodel
	try run pipe.mlpackage --seed 1
}
row ''
try pipe.mlpackage -S
row '2s/name: "x"/name: "w"/'
row '3s/name: "z"/name: "w"/'
x='description { input { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } output { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } }'
echo "specificationVersion: 8 $x pipeline { models { specificationVersion: 8 $x pipeline { } } }" >rows.txt
row ''

# what is not known, or no ML Program
cat >old.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.relu(x=x)
EOF
try old.mil -t neuralnetwork -o old.mlmodelc
try old.mil -S -o old.mlmodelc
codec decode <$spec | sed 's/^specificationVersion: 8/specificationVersion: 10/' | codec encode >ten.mlmodel
try ten.mlmodel -o ten.mlmodelc
cat >two.mil <<'EOF'
n = get_new_symbol()
@mb.program(input_specs=[mb.TensorSpec(shape=(n,))])
def f(x):
    return mb.relu(x=x, name="y")
ct.convert(f, inputs=[ct.TensorType(name="x", shape=ct.EnumeratedShapes(shapes=[(2,), (4,)]))])
EOF
try two.mil -o two.mlmodelc
try two.mil --unverified -o two.mlmodelc
sed -n 4p two.mlmodelc/model.mil
cat >loop.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(x):
    return mb.cond(pred=mb.less(x=mb.squeeze(x=x, axes=[0]), y=1.0), _true_fn=lambda: mb.exp(x=x), _false_fn=lambda: x)
EOF
try loop.mil -o loop.mlmodelc
printf 'specificationVersion: 8\ndescription { input { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } }\npipelineClassifier { pipeline { models { %s } } }' "$stage" |
	codec encode >pc.mlmodel
try pc.mlmodel --unverified -o pc.mlmodelc
printf 'specificationVersion: 4\ndescription { input { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } }\npipeline { models { specificationVersion: 4 description { input { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } } neuralNetwork { } } }' |
	codec encode >pn.mlmodel
try pn.mlmodel -o pn.mlmodelc

# coremldata.bin with something wrong. bytes OFFSET OCTAL: those of a copy, changed
bytes() {
	rm -rf bad.mlmodelc
	cp -r "${3:-net.mlmodelc}" bad.mlmodelc
	# shellcheck disable=SC2059
	printf "$2" | dd of=bad.mlmodelc/coremldata.bin bs=1 seek="$1" conv=notrunc 2>/dev/null
	printf '# %s %s\n' "$1" "$2"
	try bad.mlmodelc -S | head -3
}
bytes 0 '\364\001'        # 500, a NeuralNetwork
bytes 0 '\000\000\000\177'
bytes 75 '\377\377\377'   # a description as long as that
bytes 83 '\012\377'       # a description that is none
for n in 0 3 40 90; do
	rm -rf bad.mlmodelc
	cp -r net.mlmodelc bad.mlmodelc
	head -c $n net.mlmodelc/coremldata.bin >bad.mlmodelc/coremldata.bin
	echo "# cut to $n"
	try bad.mlmodelc -S
done
rm -rf bad.mlmodelc
cp -r pipe.mlmodelc bad.mlmodelc
cp pipe.mlmodelc/coremldata.bin bad.mlmodelc/model0/
try bad.mlmodelc -o out.mlpackage
printf '\364\001' | dd of=bad.mlmodelc/model1/coremldata.bin bs=1 conv=notrunc 2>/dev/null
cp pipe.mlmodelc/model0/coremldata.bin bad.mlmodelc/model0/
try bad.mlmodelc -o out.mlpackage
cp -r pipe.mlmodelc/model1 bad.mlmodelc/
mkdir -p bad.mlmodelc/modelNames
printf '\001\000\000\000\000\000\000\000\011' >bad.mlmodelc/modelNames/coremldata.bin
try bad.mlmodelc -o out.mlpackage
rm -r bad.mlmodelc/model1 bad.mlmodelc/modelNames
try bad.mlmodelc -o out.mlpackage
head -c -16 pipe.mlmodelc/coremldata.bin >bad.mlmodelc/coremldata.bin
try bad.mlmodelc -o out.mlpackage
echo 'func main' >net.mlmodelc/model.mil
try net.mlmodelc -S
rm net.mlmodelc/model.mil
try net.mlmodelc -S
echo '# a state is written and read'
cat >state.mil <<'END'
@mb.program(
    input_specs=[
        mb.TensorSpec(shape=(2,), dtype=types.fp16),
        mb.StateTensorSpec(shape=(2,), dtype=types.fp16),
        mb.StateTensorSpec(shape=(2,), dtype=types.fp16),
    ],
    opset_version=ct.target.iOS18,
)
def f(x, sum, last):
    y = mb.add(x=mb.read_state(input=sum), y=x, name="y")
    mb.coreml_update_state(state=last, value=mb.mul(x=x, y=np.float16(2)), name="l")
    return mb.coreml_update_state(state=sum, value=y, name="s")
END
try state.mil --target iOS18 -o state.mlmodelc
tail -n +3 state.mlmodelc/model.mil
echo
try run state.mlmodelc --repeat 2
"$MILC" -S state.mlmodelc >state-text.mil
try run state-text.mil --repeat 2
sed 's/write_state(data = \(.*\), input = sum)/tensor<fp16, [2]> t = coreml_update_state(state = sum, value = \1)/' state-text.mil >dialect.mil
try run dialect.mil
