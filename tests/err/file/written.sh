# What scripts write: what they find of it at once, what is on the disk when they have ended, and that
# nothing is when they fail.
root=$(pwd -P)
model='
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def net(x):
    return mb.relu(x=x, name="y")
'
run() { # NAME OPTION…: the script is on standard input; then what lies in its folder
	rm -rf work && mkdir -p work/old/deep taken/two.mlpackage tmp && cd work || exit 2
	echo mine >../taken/two.mlpackage/mine
	echo before >old/a.txt
	echo deep >old/deep/b.txt
	ln -s a.txt old/link.txt
	printf 'import _os, _io\n' >"$1.mil"
	cat - >>"$1.mil"
	echo "$model" >>"$1.mil"
	echo "== $1"
	shift
	TMPDIR=$root/tmp "$MILC" ./*.mil "$@" 2>&1 | sed "s|$root|/…|g"
	find . ../out ../taken ../tmp -type f ! -name '*.mil' ! -path '*.mlpackage/*' ! -path './old/*' ! -name '*.mlmodel' 2>/dev/null | sort |
		while read -r f; do echo "$f: $(tr '\n' '|' <"$f" | head -c 60)"; done
	find . ../out ../taken \( -name '*.ml[pm]*' -o -type d -empty \) 2>/dev/null | sort
	cat old/a.txt old/deep/b.txt 2>/dev/null
	cd .. && rm -rf out
}

run layer <<'EOF'
f = open("new.txt", "w")
print(_os.kind("new.txt"), f.write("one\ntwo\n"), _os.size("new.txt"), open("new.txt").read())
with open("new.txt", "a") as g:
    g.write("three\n")
print([line for line in open("new.txt")], open("new.txt", "rb").read(5))
with open("old/a.txt", "r+") as g:
    print(g.read(3), g.tell(), g.seek(0), g.write("AF"), g.truncate(5))
print(open("old/a.txt").read())
_os.mkdir("made")
_os.rename("new.txt", "made/moved.txt")
_os.rename("old/deep", "made/deep")
print(_os.listdir("."), _os.listdir("made"), open("made/deep/b.txt").read(), _os.kind("old/deep/b.txt"))
_os.remove("made/deep/b.txt")
_os.rmdir("made/deep")
print(_os.listdir("made"), _os.kind("made/deep"))
open("made/deep", "x").write("a file now")
f = open("made/moved.txt")
print(next(f), f.readline(), next(f), next(f, "end"), next(iter(f), "end"))
_os.mkdir("empty")
EOF
run removed <<'EOF'
_os.remove("old/deep/b.txt")
_os.rmdir("old/deep")
print(_os.listdir("old"), _os.kind("old/deep"))
open("old/deep", "w").write("x")
_os.remove("old/deep")
open("gone", "w").write("x")
_os.remove("gone")
EOF
run failing <<'EOF'
open("new.txt", "w").write("x")
_os.mkdir("made")
open("old/a.txt", "w").write("after")
_os.remove("old/deep/b.txt")
open(_os.tempdir() + "/t", "w").write("x")
mb.relu(x=1 / 0)
EOF
run failing-second <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def first(x):
    return mb.relu(x=x, name="y")
open("new.txt", "w").write("x")
m = ct.convert(first)
m.save("one.mlpackage")
m.save("old/a.txt/two.mlpackage")
EOF
run failing-outputs -o "$root/taken/" <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def first(x):
    return mb.relu(x=x, name="y")
open("new.txt", "w").write("x")
_os.mkdir("made")
_os.remove("old/deep/b.txt")
m = ct.convert(first)
m.save("one.mlpackage")
m.save("two.mlpackage")
EOF
run failing-folder <<'EOF'
_os.remove("old/a.txt")
_os.mkdir("old/a.txt")
open("new.txt", "w").write("x")
EOF
run saved -o "$root/out/" <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def first(x):
    return mb.relu(x=x, name="y")
m = ct.convert(first)
m.save("deep/er/one.mlpackage")
print(_os.kind("deep/er/one.mlpackage"), _os.listdir("deep/er"), _os.listdir("deep/er/one.mlpackage/Data/com.apple.CoreML"))
print(_os.size("deep/er/one.mlpackage/Manifest.json"), open("deep/er/one.mlpackage/Manifest.json").readline())
_os.rename("deep/er/one.mlpackage", "two.mlpackage")
print(_os.listdir("deep/er"), ct.models.MLModel("two.mlpackage", skip_model_load=True).get_spec().specificationVersion)
m.save("three.mlpackage")
m.author = "me"
m.save("./three.mlpackage")
print(ct.models.MLModel(_os.getcwd() + "/three.mlpackage").author)
m.save(_os.tempdir() + "/four.mlpackage")
n = ct.convert(first, convert_to="neuralnetwork")
n.save("net.mlmodel")
print(_os.kind("net.mlmodel"), _os.size("net.mlmodel") == len(open("net.mlmodel", "rb").read()))
_os.chdir("old")
n.save("beside.mlmodel")
print(_os.listdir("."), open("a.txt").read())
EOF
run exploded <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def first(x):
    return mb.relu(x=x, name="y")
m = ct.convert(first)
m.save("one.mlpackage")
with open("one.mlpackage/notes.txt", "w") as f:
    f.write("beside the model")
print(_os.listdir("one.mlpackage"), ct.models.MLModel("one.mlpackage").get_spec().specificationVersion)
m.save("two.mlpackage")
for path in ("Data/com.apple.CoreML/model.mlmodel", "Manifest.json"):
    _os.remove("two.mlpackage/" + path)
for path in ("/Data/com.apple.CoreML/weights", "/Data/com.apple.CoreML", "/Data", ""):
    _os.rmdir("two.mlpackage" + path)
print(_os.kind("two.mlpackage"))
EOF
run library -o "$root/out/" <<'EOF'
import glob, json, os, shutil, tempfile
from pathlib import Path
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def first(x):
    return mb.linear(x=x, weight=np.ones((30, 2), np.float32), name="y")
m = ct.convert(first)
out = Path(os.path.dirname(os.path.abspath(__file__))) / "build" / "models"
out.mkdir(parents=True)
with tempfile.TemporaryDirectory() as tmp:
    m.save(os.path.join(tmp, "a.mlpackage"))
    shutil.move(os.path.join(tmp, "a.mlpackage"), out / "a.mlpackage")
print(os.path.exists(tmp))
m.save(str(out / "b.mlpackage"))
shutil.copytree(out / "b.mlpackage", out / "copy.mlpackage")
sizes = [os.path.getsize(os.path.join(d, n)) for d, _, names in os.walk(out / "copy.mlpackage") for n in names]
(out / "info.json").write_text(json.dumps({"files": len(sizes)}))
print(sum(sizes) > 600, json.loads(Path("build/models/info.json").read_text()), sorted(glob.glob("build/*/*")))
print(ct.models.MLModel(str(out / "copy.mlpackage")).get_spec().specificationVersion)
shutil.rmtree(out / "b.mlpackage")
os.chdir("build")
os.replace("models/info.json", "info.json")
for e in ("nope", "models", __file__ + "/x"):
    try:
        open(e)
    except OSError as err:
        print(type(err).__name__, err.errno, err.strerror, err.filename == e)
try:
    os.rename("nope", "x")
except FileNotFoundError as err:
    print(err, err.filename, err.filename2)
EOF
run temporary <<'EOF'
a, b = _os.tempdir(), _os.tempdir()
print(a != b, _os.kind(a), _os.listdir(a))
open(a + "/w.npy", "wb").write(b"nonsense")
np.load(a + "/w.npy")
EOF
run memory --max-memory 1M <<'EOF'
f = open("big", "wb")
for i in range(100):
    f.write(b"x" * 60000)
EOF
run stderr <<'EOF'
_io.stderr.write("said\n")
print(_io.stdout.write("more\n"), repr(_io.stdin.read()), _io.stdin.readline() == "", list(_io.stdin), _io.stdout)
EOF
run null <<'EOF'
import os
with open(os.devnull, "w") as f:
    print("nowhere", file=f)
print(repr(open(os.devnull).read()), os.path.exists(os.devnull), os.path.isfile(os.devnull))
EOF
run links <<'EOF'
print(open("old/link.txt").read(), _os.islink("old/link.txt"), _os.islink("old/a.txt"), _os.realpath("old/link.txt") == _os.getcwd() + "/old/a.txt")
open("old/link.txt", "a").write("by the link\n")
_os.remove("old/link.txt")
EOF
ls -A tmp
