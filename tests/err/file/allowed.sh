# What a script may not read or write, each way to get there on a line: what says no, and why. The
# script lies in work/; secret/ and the folder above are not its own.
root=$(pwd -P)
mkdir -p work/own secret/folder
cd work || exit 2
echo text >../secret/a.txt
echo mine >own/mine.txt
cp "$here/good.npz" ../secret/a.npz
cp "$here/version2.npy" ../secret/a.npy
cp "$here/good.npz" own/own.npz
ln -s ../secret/a.txt link.txt
ln -s link.txt chain.txt
ln -s ../secret linked
ln -s "$root/secret/nothing.txt" dangling.txt
ln -s round.txt round.txt
cat >net.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def net(x):
    return mb.linear(x=x, weight=np.ones((40, 2), np.float32), name="y")
ct.convert(net).save("net.mlpackage")
EOF
"$MILC" net.mil
cp -r net.mlpackage ../secret
cp -r net.mlpackage weights.mlpackage
ln -s "$root/secret/a.txt" weights.mlpackage/Data/com.apple.CoreML/weights/more.bin
cp net.mlpackage/Data/com.apple.CoreML/model.mlmodel bare.mlmodel
ln -s ../secret/a.npy bare_weights.bin
cp -r net.mlpackage manifest.mlpackage
sed -i 's|com.apple.CoreML/model.mlmodel|../../../secret/net.mlmodel|' manifest.mlpackage/Manifest.json

number=0
attempt() { # SCRIPT OPTION…
	number=$((number + 1))
	printf 'from coremltools.optimize.coreml import OptimizationConfig\nimport torch, _os, _io\n%s\n' "$1" >s.mil
	shift
	echo "$number. $(tail -n 1 s.mil)" | sed "s|$root|/…|g"
	HOME=$root/secret TMPDIR=$root/secret "$MILC" s.mil "$@" 2>&1 </dev/null |
		grep -E ': (error|warning):' | sed "s|$root|/…|g; s|^[^ ]* ||"
}

# by name
attempt 'open("/etc/hostname")'
attempt 'open("../secret/a.txt")'
attempt 'open("own/../../secret/a.txt", "rb")'
attempt 'open("./own/.././../secret//a.txt")'
attempt "open('$root/secret/a.txt')"
attempt "open('$root/work/../secret/a.txt')"
attempt "open('$root/workshop')"
attempt 'open(_os.environ["HOME"] + "/a.txt")'
attempt 'open("../" * 60 + "etc/hostname")'
# by links
attempt 'open("link.txt")'
attempt 'open("chain.txt")'
attempt 'open("linked/a.txt")'
attempt 'open("linked/../secret/a.txt")'
attempt 'open("round.txt")'
attempt 'open("/proc/self/cwd/../secret/a.txt")'
attempt 'open("/proc/self/root/etc/hostname")'
# by what reads files
attempt 'np.load("../secret/a.npz")'
attempt 'np.fromfile("linked/a.npy")'
attempt 'from safetensors.numpy import load_file; load_file("../secret/a.safetensors")'
attempt 'torch.jit.load("../secret/net.pt")'
attempt 'ct.models.MLModel("../secret/net.mlpackage")'
attempt 'ct.utils.load_spec("linked/net.mlpackage")'
attempt 'ct.models.MLModel("weights.mlpackage")'
attempt 'ct.models.MLModel("manifest.mlpackage")'
attempt 'ct.models.MLModel("bare.mlmodel")'
attempt 'ct.models.MLModel(ct.utils.load_spec("net.mlpackage"), weights_dir="../secret")'
attempt 'ct.utils.MultiFunctionDescriptor("../secret/net.mlpackage")'
attempt 'ct.convert(mb.program(input_specs=[])(lambda: mb.fill(shape=[2], value=1.0)), classifier_config=ct.ClassifierConfig("../secret/a.txt"))'
attempt 'OptimizationConfig.from_yaml("../secret/a.yaml")'
attempt 'np.load("own/own.npz")["../../secret/a"]'
# what is there
attempt '_os.listdir("..")'
attempt '_os.kind("../secret/a.txt")'
attempt '_os.size("linked/a.txt")'
attempt '_os.mtime("linked")'
attempt '_os.chdir("linked"); open("a.txt")'
# writing
attempt 'open("../new.txt", "w")'
attempt "open('$root/secret/a.txt', 'a')"
attempt 'open("link.txt", "w")'
attempt 'open("chain.txt", "r+")'
attempt 'open("dangling.txt", "w")'
attempt 'open("linked/new.txt", "x")'
attempt 'open(_os.environ["TMPDIR"] + "/new.txt", "wb")'
attempt '_os.mkdir("../new")'
attempt '_os.remove("../secret/a.txt")'
attempt '_os.remove("/dev/null")'
attempt '_os.rmdir("linked/folder")'
attempt '_os.rename("own/mine.txt", "../mine.txt")'
attempt '_os.rename("linked/a.txt", "own/a.txt")'
attempt '_os.remove("link.txt")'
attempt '_os.rename("own/mine.txt", "link.txt")'
attempt 'ct.models.MLModel("net.mlpackage").save("../net2.mlpackage")'
attempt 'ct.models.MLModel("net.mlpackage").save("linked/net2.mlpackage")'
# An option is for one folder, and not for both ways.
attempt 'open("../secret/a.txt", "a")' --allow-read ../secret
attempt 'open("../secret/a.txt", "r+")' --allow-write ../secret
attempt 'open("../secret/a.txt")' --allow-write ../secret
attempt 'open("../secret/a.txt")' --allow-read ../secret/folder
attempt 'open("../secret/a.txt").read(); x = 1' --allow-read ../secret
echo "$number attempts"
cd ..
find . -newer work/net.mil ! -path './work/*.mil' ! -path './work/*.mlpackage*' ! -path './secret/*' ! -type d ! -type l
cat secret/a.txt work/own/mine.txt
ls secret secret/folder
