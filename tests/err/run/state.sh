# What `milc run --state` keeps from one call to the next, and says of files of other models.
cat >count.mil <<'SCRIPT'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,)), mb.StateTensorSpec((2,), dtype=types.fp16)],
            opset_version=ct.target.iOS18)
def f(x, total):
    t = mb.add(x=mb.read_state(input=total), y=mb.cast(x=x, dtype="fp16"))
    t = mb.coreml_update_state(state=total, value=t)
    return mb.cast(x=t, dtype="fp32", name="y")
ct.convert(f, minimum_deployment_target=ct.target.iOS18).save("count.mlpackage")
SCRIPT
sed 's/total/sum/g; s/count/other/' count.mil >other.mil
cat >plain.mil <<'SCRIPT'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(a):
    return mb.add(x=mb.mul(x=a, y=0.0), y=[1.0, 2.0], name="x")
SCRIPT
"$MILC" run --precision fp32 plain.mil -o x.npz
"$MILC" count.mil && "$MILC" other.mil
try run count.mlpackage -i x.npz --state s.npz
try run count.mlpackage -i x.npz --state s.npz --repeat 3
try run count.mlpackage -i x.npz --state s.npz --reference
try run other.mlpackage -i x.npz --state s.npz
try run count.mlpackage -i x.npz --state x.npz
sed 's/"x")/"total"), mb.add(x=a, y=1.0, name="more")/' plain.mil >two.mil
"$MILC" run --precision fp32 two.mil -o two.npz
try run count.mlpackage -i x.npz --state two.npz
try run plain.mil --state s.npz
try run count.mlpackage --state t.npz --isa nothing | sed 's/ has .*/ has …/'
ls t.npz
