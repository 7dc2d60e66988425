# The smallest program that still has what is looked for.
cat >net.mil <<'END'
w = np.random.RandomState(0).randn(64, 32).astype(np.float32)
@mb.program(input_specs=[mb.TensorSpec(shape=(4, 32)), mb.TensorSpec(shape=(4, 64))])
def f(x, z):
    h = mb.relu(x=mb.linear(x=x, weight=w, name="h"))
    s = mb.softmax(x=mb.layer_norm(x=h, axes=[-1]), axis=-1, name="sm")
    def more(i, a):
        return mb.less(x=i, y=3.0)
    def turn(i, a):
        return mb.add(x=i, y=1.0), mb.add(x=a, y=mb.exp(x=mb.mul(x=a, y=2.0)), name="acc")
    i, a = mb.while_loop(_cond=more, _body=turn, loop_vars=(0.0, h))
    t = mb.cond(pred=mb.greater(x=mb.reduce_sum(x=z), y=0.0),
                _true_fn=lambda: mb.add(x=a, y=z), _false_fn=lambda: mb.sub(x=a, y=z))
    r = mb.reshape(x=mb.transpose(x=t, perm=[1, 0]), shape=[2, 2, 64])
    k = mb.split(x=r, num_splits=2, axis=0)
    return mb.tanh(x=mb.concat(values=[k[0], k[1]], axis=1), name="y"), mb.sigmoid(x=s, name="p")
END
cat >several.mil <<'END'
@mb.function(input_specs=[mb.TensorSpec(shape=(2, 2))], opset_version=ct.target.iOS18)
def double(x):
    return mb.mul(x=x, y=2.0, name="y")
@mb.function(input_specs=[mb.TensorSpec(shape=(3,))], opset_version=ct.target.iOS18)
def negate(x):
    return mb.mul(x=x, y=-1.0, name="z")
p = Program()
p.add_function("main", double)
p.add_function("negate", negate)
p.export_as_multifunction = True
ct.convert(p, minimum_deployment_target=ct.target.iOS18, compute_precision=ct.precision.FLOAT32)
END
reduce() { # WHEN ARGUMENT…: shows the functions of the result
	when=$1
	shift
	try reduce "$@" --when "$when" | sed "s|$MILC|milc|g"
	for f in *reduced.mil; do
		[ -f "$f" ] && sed -n '/^@mb/,/^    return/p; /compute_precision/p; /pipeline/p' "$f"
	done
	rm -f ./*reduced.mil
	ls -A
}
reduce "$MILC -S --passes=none {} | grep -q ' exp('" net.mil
reduce "$MILC -S --passes=none {} | grep -q ' cond('" net.mil
reduce "$MILC -S --passes=none {} | grep -q ' split('" net.mil --precision fp32 -o "it is reduced.mil"
# Half precision, by the passes that run on a script: what gets infinite.
reduce "$MILC run --max-steps 1000 --nan-check {} 2>&1 | grep -q exp" net.mil
"$MILC" --precision fp32 net.mil -o net.mlpackage
reduce "$MILC -S --passes=none {} | grep -q ' linear('" net.mlpackage
reduce "grep -q negate" several.mil
reduce "grep -q double" several.mil
try reduce net.mil --when 'grep -q tanh' -o - | grep -v '^#'
try reduce net.mil
try reduce net.mil --when true -o net.mlpackage
try reduce net.mil --when 'exit 3 #'
try reduce net.mil --when 'kill -9 $$ #'
try reduce net.mil --when true -o missing/out.mil
try reduce missing.mil --when true
