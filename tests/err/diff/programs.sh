# What differs between two programs, in all forms that they come in.
model() { # NAME: the body of a script from standard input
	cat >"$1.mil"
}
model a <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 3)), mb.TensorSpec(shape=(2, 3))])
def f(x, y):
    a = mb.add(x=x, y=np.arange(6).reshape(2, 3).astype(np.float32), name="a")
    r = mb.relu(x=a, name="r")
    l = mb.linear(x=r, weight=np.ones((5, 3), np.float32), bias=np.zeros(5, np.float32), name="l")
    c = mb.cond(pred=mb.reduce_max(x=mb.cast(x=y, dtype="int32"), axes=[0, 1], keep_dims=False, name="m") if False else np.bool_(True),
                _true_fn=lambda: mb.exp(x=y), _false_fn=lambda: mb.sin(x=y), name="c") if False else y
    return mb.softmax(x=l, axis=-1, name="s"), mb.sub(x=c, y=2.0, name="d")
m = ct.convert(f, compute_precision=ct.precision.FLOAT32, minimum_deployment_target=ct.target.iOS16)
m.author = "me"
m.user_defined_metadata["key"] = "value"
m.short_description = "text"
END
change() { # NAME SED…
	name=$1
	shift
	sed "$@" a.mil >"$name.mil"
	echo "# $*"
	try diff a.mil "$name.mil"
}
"$MILC" a.mil -o a.mlpackage
"$MILC" a.mil -o a2.mil -S
"$MILC" a.mlpackage -o again.mil
try diff a.mil a.mlpackage
try diff a.mlpackage again.mil
try diff a.mlpackage a.mlpackage --numbers
change b -e 's/x=r, weight/x=mb.exp(x=mb.sqrt(x=r, name="i1"), name="i2"), weight/'
try diff b.mil a.mil
change b -e 's/name="r"/name="other"/; s/np.ones((5, 3)/1.5 * np.ones((5, 3)/; s/axis=-1/axis=0/; s/y=2.0/y=3.0/'
try diff --numbers --seed 3 a.mil b.mil
try diff --numbers --json a.mil b.mil
change b -e 's/x=a, name="r"/x=x, name="r"/; s/(2, 3)) *, /&/; s/zeros(5/ones(5/'
change b -e 's/mb.relu(x=a, name="r")/mb.sigmoid(x=a, name="r")/; s/iOS16/iOS17/'
change b -e 's/shape=(2, 3)), mb/shape=(2, 3)), mb/; s/(x, y)/(u, y)/; s/x=x, y=np/x=u, y=np/'
change b -e 's/mb.sub(x=c, y=2.0, name="d")/mb.sub(x=c, y=2.0, name="d"), r/; s/= "value"/= "new"/; s/m.author/m.license/'
change b -e 's/mb.softmax(x=l, axis=-1, name="s"), //; s/np.float32), name="l"/np.float32), name="l"/'
cat >loop.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,)), mb.TensorSpec(shape=(3,))])
def f(n, v):
    out = mb.while_loop(_cond=lambda i, x: mb.reduce_max(x=mb.less(x=i, y=3.0), axes=[0], keep_dims=False) if False else mb.squeeze(x=mb.less(x=i, y=3.0), axes=[0]),
                        _body=lambda i, x: (mb.add(x=i, y=1.0), mb.mul(x=x, y=2.0)), loop_vars=(n, v), name="w")
    return out[1]
ct.convert(f, compute_precision=ct.precision.FLOAT32)
END
sed 's/y=2.0/y=2.5/; s/y=3.0/y=4.0/g' loop.mil >loop2.mil
try diff loop.mil loop2.mil
try diff --numbers a.mil loop.mil
echo '# weights that are not there'
cat >w.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 64))])
def f(x):
    return mb.add(x=x, y=np.arange(128, dtype=np.float32).reshape(2, 64))
END
"$MILC" w.mil -o w.mlpackage
rm -r w.mlpackage/Data/com.apple.CoreML/weights
try diff w.mlpackage w.mlpackage
try diff --numbers w.mlpackage w.mlpackage
echo '# wrong use'
try diff a.mil
try diff a.mil b.mil a.mil
try diff a.mil none.mil
try diff none.mil a.mil
