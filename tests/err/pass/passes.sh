cat >endless.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.while_loop(
        _cond=lambda a: mb.less(x=mb.reduce_max(x=a, keep_dims=False), y=2.0),
        _body=lambda a: mb.relu(x=a),
        loop_vars=(x,),
    )
END
cat >nearest.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,), dtype=types.int32)] * 2)
def f(x, n):
    return mb.pow(x=x, y=mb.sub(x=0, y=mb.add(x=n, y=1)))
END
try --verify-passes --precision fp32 endless.mil
try run --precision fp32 nearest.mil
try --passes=prune_weights nearest.mil
# Half precision ends where single precision goes on: at the operation that does it first, not at the
# log that is not finite in both.
cat >overflow.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(4,))])
def f(x):
    y = mb.mul(x=mb.relu(x=x), y=0.0)
    z = mb.maximum(x=mb.log(x=y, epsilon=0.0), y=1.0)
    return mb.mul(x=mb.add(x=z, y=300.0), y=300.0)
END
cat >masked.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4))])
def f(x):
    low = mb.mul(x=mb.add(x=mb.mul(x=x, y=0.0), y=300.0), y=-300.0)
    return mb.softmax(x=mb.add(x=x, y=low), axis=-1, name="p")
END
try --verify-passes overflow.mil
try --verify-passes masked.mil
try --verify-passes --precision fp32 masked.mil
try --verify-passes --werror masked.mil
# Which passes changed something, beside how long each took.
cat >twice.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(4,))])
def f(x):
    return mb.relu(x=mb.relu(x=mb.add(x=x, y=1.0)))
END
try --time-passes --passes=merge_consecutive_relus,noop_elimination,dead_code_elimination twice.mil |
	sed 's/^ *[0-9.]* ms/… ms/'
# What no processor computes is checked from the pass on that lowers it.
cat >spectrum.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(4,))])
def f(x):
    return mb.complex_abs(x=mb.complex_fft(data=x), name="y")
END
try --verify-passes --precision fp32 spectrum.mil
