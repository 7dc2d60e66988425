# Weights that are not there: who needs no numbers goes on, who does says which file is missing.
cat >spec.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 64))], opset_version=ct.target.iOS18)
def f(x):
    return mb.linear(x=x, weight=np.ones((64, 64), np.float32), name="y")

model = ct.convert(f, minimum_deployment_target=ct.target.iOS18)
ct.utils.save_spec(model.get_spec(), "bare.mlmodel")
END
try spec.mil
try run bare.mlmodel
try run spec.mil
try -S spec.mil | grep BLOBFILE
mkdir other
echo 'ct.models.MLModel(model.get_spec(), weights_dir="other").save("other.mlpackage")' >>spec.mil
try spec.mil
# masks of sparse weights count no bits that nobody knows
cat >full.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 64))])
def f(x):
    w = np.sin(np.arange(4096, dtype=np.float32)).reshape(64, 64)
    return mb.linear(x=x, weight=w, name="y")
END
for target in iOS16 iOS18; do
	"$MILC" full.mil --target $target -o full.mlpackage
	"$MILC" compress --prune 0.5 full.mlpackage -o $target.mlpackage >/dev/null
	"$MILC" -S $target.mlpackage -o with.mil
	rm $target.mlpackage/Data/com.apple.CoreML/weights/weight.bin
	try -S $target.mlpackage -o without.mil
	cmp with.mil without.mil
	try run $target.mlpackage
done
