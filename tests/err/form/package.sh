# Packages whose parts do not fit together.
cat >relu.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.add(x=x, y=np.ones((40, 2), np.float32), name="y")
END
"$MILC" relu.mil --precision fp32
manifest() { # EDIT
	rm -rf m.mlpackage
	cp -r relu.mlpackage m.mlpackage
	sed "$1" relu.mlpackage/Manifest.json >m.mlpackage/Manifest.json
	echo "# $1"
	try run m.mlpackage
}
manifest 's/"fileFormatVersion": "1.0.0"/"fileFormatVersion": "9.0.0"/'
manifest 's/fileFormatVersion/version/'
manifest 's/rootModelIdentifier/root/'
manifest 's/com.apple.CoreML\/model.mlmodel/..\/..\/etc\/passwd/'
manifest 's/com.apple.CoreML\/model.mlmodel/missing.mlmodel/'
manifest 's/}$/)/'
rm m.mlpackage/Manifest.json
try run m.mlpackage
model=Data/com.apple.CoreML/model.mlmodel
weights=Data/com.apple.CoreML/weights/weight.bin
manifest 's/x/x/'
echo '# a model file that is none'
echo 'no protobuf' >m.mlpackage/$model
try run m.mlpackage
: >m.mlpackage/$model
try run m.mlpackage
head -c 100 relu.mlpackage/$model >m.mlpackage/$model
try run m.mlpackage
cp relu.mlpackage/$model m.mlpackage/$model
echo '# weights that are cut off, or not there'
head -c 200 relu.mlpackage/$weights >m.mlpackage/$weights
try run m.mlpackage
head -c 20 relu.mlpackage/$weights >m.mlpackage/$weights
try run m.mlpackage
rm m.mlpackage/$weights
try run m.mlpackage
mkdir empty.mlpackage
try run empty.mlpackage
echo text >t.mlmodel
try run t.mlmodel
