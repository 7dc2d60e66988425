# Packages: the manifest, and the weights that the program refers to.
cat >add.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(20,))])
def f(x):
    y = mb.add(x=x, y=np.arange(20, dtype=np.float32))
    return mb.mul(x=y, y=np.arange(20, 40).astype(np.float32), name="z")
END
"$MILC" add.mil --precision fp32 -o add.mlpackage
try check add.mlpackage
cp -r add.mlpackage m.mlpackage
cat >m.mlpackage/Manifest.json <<'END'
{"fileFormatVersion": "1.0.0", "rootModelIdentifier": "a", "itemInfoEntries": {
 "a": {"path": "com.apple.CoreML/model.mlmodel", "name": "model.mlmodel", "author": "com.apple.CoreML", "description": ""},
 "b": {"path": "com.apple.CoreML/gone", "name": "model.mlmodel", "author": "com.apple.CoreML", "description": ""},
 "c": {"path": 1}}}
END
try check m.mlpackage
weights=Data/com.apple.CoreML/weights/weight.bin
byte() { # AT BYTE: in octal
	printf "\\$2" | dd of="m.mlpackage/$weights" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
fresh() {
	rm -r m.mlpackage
	cp -r add.mlpackage m.mlpackage
}
fresh
echo '# the second array lies over the first'
byte 272 200
byte 273 0
try check m.mlpackage
fresh
echo '# data that lie askew'
byte 80 204
try check m.mlpackage
echo '# weights that are cut off, or not there'
truncate -s 390 m.mlpackage/$weights
try check m.mlpackage
rm m.mlpackage/$weights
try check m.mlpackage
try check add.mlpackage add.mil nothing.mlmodel m.mlpackage
try check
echo '# a compiled network'
"$MILC" add.mil --precision fp32 -o c.mlmodelc
printf '\364\001' | dd of=c.mlmodelc/coremldata.bin conv=notrunc 2>/dev/null
try check c.mlmodelc
