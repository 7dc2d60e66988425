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
try --passes=lower_complex_dialect_ops nearest.mil
