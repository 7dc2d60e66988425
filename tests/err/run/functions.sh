# Functions of a model: which one is run, printed or taken out.
cat >many.mil <<'END'
n = get_new_symbol()
@mb.function(input_specs=[mb.TensorSpec(shape=(n, 2))], opset_version=ct.target.iOS18)
def double(x):
    return mb.mul(x=x, y=2.0, name="y")
@mb.function(input_specs=[mb.TensorSpec(shape=(3,))], opset_version=ct.target.iOS18)
def negate(x):
    return mb.mul(x=x, y=-1.0, name="z")
p = Program()
p.add_function("main", double)
p.add_function("negate", negate)
p.export_as_multifunction = True
x = ct.TensorType("x", shape=(ct.RangeDim(1, 4, default=2), 2))
ct.convert(p, inputs=[x], minimum_deployment_target=ct.target.iOS18, compute_precision=ct.precision.FLOAT32)
END
"$MILC" many.mil
try run many.mil
try run many.mil --function negate
try run many.mlpackage
try run many.mlpackage --function negate
try run many.mlpackage --function nagate
try many.mlpackage --function negate -o negate.mlpackage
try -S negate.mlpackage
try -S many.mlpackage --function main
sed -i '/multifunction/d' many.mil
try -S many.mil --function negate
