# What milc writes it reads back and runs: at the limits, and where a form says less than the script.

deep() { # CONDS
	cat <<END
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))])
def f(y):
    p = mb.greater(x=mb.squeeze(x=y), y=0.0)
    def g(n):
        return mb.relu(x=y) if n == 0 else mb.cond(pred=p, _true_fn=lambda: g(n-1), _false_fn=lambda: mb.tanh(x=y))
    return g($1)
END
}

deep 44 >a.mil
try a.mil -o a.mlpackage
try run --seed 1 a.mlpackage
deep 29 >a.mil
try a.mil -t neuralnetwork -o a.mlmodel
try run --seed 1 a.mlmodel
deep 30 >a.mil
try a.mil -t neuralnetwork -o b.mlmodel

# An output that is returned twice is one output of the network.
cat >twice.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    y = mb.relu(x=x, name="y")
    return y, y
m = ct.convert(f, convert_to="neuralnetwork")
END
try twice.mil -o twice.mlmodel
try run --seed 1 twice.mlmodel

# A network's constants have an axis at least: one number gathers a row of rank 2, which an item of a
# list takes all the same.
cat >row.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(3, 4))])
def f(x):
    items = mb.make_list(init_length=3, elem_shape=(4,), dtype="fp32", dynamic_length=False)
    row = mb.gather(x=x, indices=1, axis=0, name="row")
    items = mb.list_write(ls=items, index=0, value=row)
    return row, mb.list_read(ls=items, index=0, name="item")
m = ct.convert(f, convert_to="neuralnetwork")
END
try row.mil -o row.mlmodel
try run --seed 1 row.mil
try run --seed 1 row.mlmodel
