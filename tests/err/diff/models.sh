# Networks, pipelines, other kinds; models of different kinds.
spec() { # NAME: text from standard input
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1.mlmodel"
}
cat >n.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 30))])
def f(x):
    y = mb.linear(x=x, weight=np.ones((3, 30), np.float32), name="l")
    return mb.relu(x=y, name="r")
END
sed 's/np.ones/2 * np.ones/; s/mb.relu(x=y, name="r")/mb.leaky_relu(x=mb.exp(x=y, name="e"), alpha=0.5, name="r")/' n.mil >n2.mil
"$MILC" n.mil -t neuralnetwork -o n.mlmodel
"$MILC" n2.mil -t neuralnetwork -o n2.mlmodel
try diff n.mlmodel n.mlmodel
try diff n.mlmodel n2.mlmodel
try diff --numbers n.mlmodel n2.mlmodel
"$MILC" n.mil --precision fp32 -o n.mlpackage
try diff n.mlmodel n.mlpackage
f() { echo "$1 { name: '$2' type { $3 } }"; }
a() { echo "multiArrayType { shape: $1 dataType: FLOAT32 }"; }
lm() { echo "glmRegressor { weights { value: [ $1 ] } offset: $2 }"; }
one="specificationVersion: 3 description { $(f input x "$(a 2)") $(f output y 'doubleType {}') predictedFeatureName: 'y' }"
echo "$one $(lm '1, 2' 3)" | spec one
echo "$one $(lm '1, 2.5' 3)" | spec two
try diff one.mlmodel two.mlmodel
echo "$(echo "$one" | sed 's/shape: 2/shape: 2 shape: 3/; s/FLOAT32/DOUBLE/; s/: 3 d/: 4 d/') treeEnsembleRegressor { treeEnsemble { nodes {} } }" | spec three
try diff one.mlmodel three.mlmodel
pipe() { # MODELS…
	echo "specificationVersion: 3 description { $(f input x "$(a 2)") $(f output y "doubleType {}") } pipeline { $1 }"
}
pipe "names: 'p' models { $one $(lm '1, 2' 3) }" | spec p
pipe "names: 'q' models { $one $(lm '1, 3' 3) } models { $one $(lm '1, 2' 3) }" | spec q
try diff p.mlmodel q.mlmodel
try diff q.mlmodel p.mlmodel
long=$(seq -s, 1 20)
echo "$one $(lm "$long" 3)" | spec one
echo "$one $(lm "$long" 3)" | sed 's/,20/,21/' | spec two
try diff one.mlmodel two.mlmodel
layers() { # LAYERS: unnamed ones
	echo "specificationVersion: 3 description { $(f input x "$(a 2)") $(f output y "$(a 2)") } neuralNetwork { $1 }"
}
l() { echo "layers { input: '$1' output: '$2' $3 }"; }
layers "$(l x a 'activation { ReLU {} }') $(l a b 'softmax {}') $(l b y 'unary { type: EXP }')" | spec one
layers "$(l x a 'activation { ReLU {} }') $(l a a2 'mvn {}') $(l a b 'softmax {}') $(l b y 'unary { type: LOG }')" | spec two
try diff one.mlmodel two.mlmodel
cat >fs.textproto <<'END'
specificationVersion: 9 description { functions { name: "one" } functions { name: "two" } defaultFunctionName: "one" }
mlProgram { version: 1 functions { key: "one" value { opset: "CoreML5" block_specializations { key: "CoreML5" value {} } } }
functions { key: "two" value { opset: "CoreML5" block_specializations { key: "CoreML5" value {} } } } }
END
spec one <fs.textproto
sed 's/two/three/' fs.textproto | spec two
try diff one.mlmodel two.mlmodel
