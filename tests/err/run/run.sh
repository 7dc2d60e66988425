cat >sym.mil <<'END'
n = get_new_symbol("n")

@mb.program(input_specs=[mb.TensorSpec(shape=(n, 2))])
def f(x):
    return mb.relu(x=x, name="y")
END
cat >make.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))])
def f(x):
    return mb.relu(x=x, name="x_"), mb.relu(x=x, name="z")
END
cat >other.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 2))])
def f(x_):
    return mb.relu(x=x_, name="y")
END
try run -q sym.mil
try run -t neuralnetwork sym.mil
try run make.mil -o in.npz
try run other.mil -i in.npz
try run other.mil -i missing.npz
try run make.mil -i in.npz
try run make.mil -o missing/out.npz
sed 's/return .*/y = mb.relu(x=x_, name="y"); return y, y/' other.mil >twice.mil
try run -q twice.mil -o twice.npz
python3 -c 'import zipfile; print(zipfile.ZipFile("twice.npz").namelist())'
echo text >bad.npz
try run make.mil -i bad.npz
echo 'program(1.0)' >text.mil
try text.mil
try run text.mil
cat >a.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))])
def f(a):
    return mb.relu(x=a)
END
cp "$here/../file/crc.npz" .
try run a.mil -i crc.npz
