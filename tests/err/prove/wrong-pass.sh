# --verify-passes finds a pass that is wrong: which, where, and the smallest program that shows it.
cat >own.part <<'END'
from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
from coremltools.converters.mil.mil.passes.helper import block_context_manager
from coremltools.converters.mil.mil.passes.pass_registry import register_pass

class Own(AbstractGraphPass):
    def apply(self, prog):
        for f in prog.functions.values():
            self.block(f)

    @block_context_manager
    def block(self, block):
        for op in list(block.operations):
            for b in op.blocks:
                self.block(b)
            new = self.new(op)
            if new is not None:
                block.replace_uses_of_var_after_op(anchor_op=op, old_var=op.outputs[0], new_var=new)
                block.remove_ops([op])

END
{ cat own.part && cat <<'END'; } >wrong.mil
w = np.random.RandomState(0).randn(64, 32).astype(np.float32)
which = "scale"

@register_pass(namespace="own")
class scale(Own):
    """x * a + b becomes x + b."""
    def new(self, op):
        if op.op_type == "add" and op.x.op is not None and op.x.op.op_type == "mul":
            return mb.add(x=op.x.op.x, y=op.y, name=op.name, before_op=op)

@register_pass(namespace="own")
class last(Own):
    """softmax over the last axis becomes one over the first."""
    def new(self, op):
        if op.op_type == "softmax" and op.axis.val == -1:
            return mb.softmax(x=op.x, axis=0, name=op.name, before_op=op)

@register_pass(namespace="own")
class shorter(Own):
    """tanh of half of it."""
    def new(self, op):
        if op.op_type == "tanh":
            return mb.tanh(x=mb.slice_by_size(x=op.x, begin=[0, 0], size=[32, -1], before_op=op), before_op=op)

@register_pass(namespace="own")
class inner(Own):
    """less becomes greater."""
    def new(self, op):
        if op.op_type == "less":
            return mb.greater(x=op.x, y=op.y, before_op=op)

@mb.program(input_specs=[mb.TensorSpec(shape=(4, 32)), mb.TensorSpec(shape=(4, 64))])
def f(x, z):
    h = mb.linear(x=x, weight=w, name="h")
    s = mb.softmax(x=mb.layer_norm(x=mb.relu(x=h), axes=[-1]), axis=-1, name="sm")
    m = mb.add(x=mb.mul(x=mb.exp(x=z), y=3.0, name="scaled"), y=s, name="shifted")
    def turn(i, a):
        return mb.add(x=i, y=1.0), mb.add(x=a, y=z, name="acc")
    i, a = mb.while_loop(_cond=lambda i, a: mb.less(x=i, y=3.0), _body=turn, loop_vars=(0.0, m))
    return mb.tanh(x=mb.transpose(x=a, perm=[1, 0]), name="y"), mb.sigmoid(x=s, name="p")

p = ct.PassPipeline()
p.append_pass("own::" + which)
ct.convert(f, pass_pipeline=p, compute_precision=ct.precision.FLOAT32).save("wrong.mlpackage")
END
for which in scale last shorter inner; do
	try wrong.mil --verify-passes -D "which=\"$which\""
	for f in wrong-*.mil; do
		[ -f "$f" ] && sed -n '/^@mb/,/^    return/p; /skip_all/p' "$f"
	done
	rm -f wrong-*
done
# Within blocks the turn is said; half precision may end in one.
{ cat own.part && cat <<'END'; } >nested.mil
@register_pass(namespace="own")
class forgets(Own):
    """x + y becomes x, where that is asked for."""
    def new(self, op):
        if op.name == which:
            return mb.identity(x=op.x, before_op=op, name=op.name if keep else "other")

@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    def outer(i, a):
        def inner(j, b):
            c = mb.cond(pred=mb.equal(x=j, y=1.0), _true_fn=lambda: mb.add(x=b, y=1.0, name="branch"),
                        _false_fn=lambda: mb.identity(x=b), name="choice")
            return mb.add(x=j, y=1.0), mb.add(x=c, y=i, name="within")
        j, b = mb.while_loop(_cond=lambda j, b: mb.less(x=j, y=3.0), _body=inner, loop_vars=(0.0, a), name="inner")
        return mb.add(x=i, y=1.0), mb.add(x=b, y=mb.relu(x=mb.sub(x=i, y=1.0)), name="without")
    i, a = mb.while_loop(_cond=lambda i, a: mb.less(x=i, y=4.0), _body=outer, loop_vars=(0.0, x), name="outer")
    return mb.mul(x=a, y=1.0, name="y")

p = ct.PassPipeline.EMPTY
p.append_pass("own::forgets")
ct.convert(f, pass_pipeline=p, compute_precision=ct.precision.FLOAT32).save("nested.mlpackage")
END
for which in branch within without; do
	for keep in True False; do
		try nested.mil --verify-passes -D which="'$which'" -D keep=$keep
	done
done
cat >grows.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    i, a = mb.while_loop(_cond=lambda i, a: mb.less(x=i, y=4.0), loop_vars=(0.0, x), name="loop",
                         _body=lambda i, a: (mb.add(x=i, y=1.0), mb.mul(x=a, y=100.0, name="grows")))
    return a
ct.convert(f).save("grows.mlpackage")
END
try grows.mil --verify-passes
# Sizes that are not known stay so.
sed 's/^@mb.program.*/from coremltools.converters.mil.mil import get_new_symbol\nn = get_new_symbol("n")\n\
@mb.program(input_specs=[mb.TensorSpec(shape=(n, 32)), mb.TensorSpec(shape=(n, 64))])/' wrong.mil >sizes.mil
try sizes.mil --verify-passes
sed -n '/^@mb/,/^    return/p; /skip_all/p' sizes-*.mil
mkdir out
try wrong.mil --verify-passes -o out/net.mlpackage >wrong.said
try run wrong.mil --verify-passes -o out.npz >>wrong.said
ls -A . out
