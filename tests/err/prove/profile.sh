# What each operation takes: calls, floating point operations and bytes are known; times are not.
cat >net.mil <<'END'
w = np.ones((8, 3, 3, 3), np.float32)
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, 8, 8)), mb.TensorSpec(shape=(4, 16))], opset_version=ct.target.iOS18)
def f(x, z):
    c = mb.conv(x=x, weight=w, pad_type="valid", name="conv")
    t = mb.conv_transpose(x=c, weight=np.ones((8, 2, 2, 2), np.float32), strides=[2, 2], name="transposed")
    p = mb.max_pool(x=c, kernel_sizes=[2, 2], strides=[2, 2], pad_type="valid", name="pool")
    m = mb.matmul(x=z, y=z, transpose_y=True, name="matmul")
    n = mb.matmul(x=z, y=z, transpose_x=True, name="matmul_x")
    h = mb.linear(x=z, weight=np.ones((5, 16), np.float32), name="linear")
    e = mb.einsum(values=[x, np.ones((1, 8, 8, 5), np.float32)], equation="abcd,adce->abce", name="einsum")
    s = mb.softmax(x=m, axis=-1, name="softmax")
    q = mb.reshape(x=z, shape=[1, 1, 4, 16], name="heads")
    a = mb.scaled_dot_product_attention(query=q, key=q, value=q, name="attention")
    r = mb.reduce_sum(x=z, axes=[1], name="reduce")
    g = mb.gather(x=z, indices=[0, 1], axis=0, name="gather")
    l = mb.layer_norm(x=z, axes=[-1], name="norm")
    u = mb.upsample_bilinear(x=c, scale_factor_height=2.0, scale_factor_width=2.0, name="up")
    return t, p, n, h, e, s, a, r, g, l, u, mb.relu(x=z, name="relu")
END
cat >loop.mil <<'END'
n = get_new_symbol("n")
@mb.program(input_specs=[mb.TensorSpec(shape=(n, 4))])
def f(x):
    def more(i, a):
        return mb.less(x=i, y=3.0)
    def turn(i, a):
        return mb.add(x=i, y=1.0), mb.add(x=a, y=x, name="sum")
    i, a = mb.while_loop(_cond=more, _body=turn, loop_vars=(0.0, x), name="loop")
    return mb.cond(pred=mb.greater(x=i, y=2.0), _true_fn=lambda: mb.exp(x=a, name="e"), _false_fn=lambda: a, name="c")
ct.convert(f, inputs=[ct.TensorType("x", shape=(ct.RangeDim(1, 4, default=2), 4))])
END
cat >fused.mil <<'END'
w = np.ones((8, 3, 3, 3), np.float32)
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, 8, 8)), mb.TensorSpec(shape=(4, 16)), mb.TensorSpec(shape=(4, 16), dtype=types.int32)], opset_version=ct.target.iOS18)
def f(x, z, i):
    c = mb.conv(x=x, weight=w, pad_type="valid", name="conv")
    n = mb.batch_norm(x=c, mean=np.zeros(8, np.float32), variance=np.ones(8, np.float32), name="norm")
    r = mb.relu(x=mb.add(x=n, y=c, name="residual"), name="act")
    e = mb.exp(x=mb.mul(x=z, y=z, name="square"), name="e")
    k = mb.tanh(x=mb.sub(x=e, y=z, name="minus"), name="kept")
    v = mb.cos(x=mb.sin(x=mb.sqrt(x=mb.abs(x=k, name="abs"), name="root"), name="sin"), name="cos")
    h = mb.relu(x=mb.linear(x=z, weight=np.ones((5, 16), np.float32), name="linear"), name="after")
    d = mb.mul(x=mb.add(x=i, y=i, name="twice"), y=3, name="int")
    return r, k, v, mb.softmax(x=h, axis=-1, name="soft"), d
END
cat >show.py <<'END'
import json
import sys
with open(sys.argv[1]) as f:
    r = json.load(f)
if "traceEvents" in r:
    first, *events = r["traceEvents"]
    print(first, r["displayTimeUnit"])
    open_ends = []
    for e in sorted(events, key=lambda e: (e["ts"], -e["dur"])):
        e["args"].setdefault("with", [])
        assert set(e) == {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"}, e
        assert e["ph"] == "X" and e["ts"] >= 0 and e["dur"] >= 0 and e["pid"] == e["tid"] == 1
        while open_ends and open_ends[-1] <= e["ts"]:
            open_ends.pop()
        assert not open_ends or e["ts"] + e["dur"] <= open_ends[-1] + 1e-6, e
        print("  " * len(open_ends) + e["name"], e["args"].get("place"), e["args"]["flops"], e["args"]["bytes"])
        if e["cat"] != e["name"].split(" '")[0]:
            print("  " * len(open_ends) + "is", e["cat"], "with", *[f"{o['op']}:{o['name']}:{o['file']}:{o['line']}" for o in e["args"]["with"]])
        open_ends.append(e["ts"] + e["dur"])
else:
    print(r["model"], r["machine"]["flops"] > 1e8, r["machine"]["bytes"] > 1e8, r["machine"]["threads"] > 0, r["peak"] > 0)
    assert all(r[k] == sum(o[k] for o in r["operations"]) for k in ["flops", "bytes"])
    assert abs(sum(o["share"] for o in r["operations"]) - 1) < 1e-6 and all(o["roof"] >= 0 for o in r["operations"])
    for o in sorted(r["operations"], key=lambda o: (o["line"], o["name"])):
        print(o["line"], o["op"], o["name"], o["calls"], o["flops"], o["bytes"], *[f"{w['op']}:{w['name']}:{w['file']}:{w['line']}" for w in o["with"]])
    print(sorted((k["op"], k["calls"]) for k in r["kinds"]))
END
"$MILC" run net.mil --target iOS18 --precision fp32 --profile --json >net.json && python3 show.py net.json
"$MILC" run loop.mil --precision fp32 --profile --json --repeat 2 >loop.json && python3 show.py loop.json
"$MILC" run loop.mil --precision fp32 --chrome-trace trace.json && python3 show.py trace.json
# The table, with its times away.
masked() {
	"$MILC" run "$@" --target iOS18 --precision fp32 --profile -o out.npz >said || return
	sed -E 's/[0-9]+\.[0-9]+/N/g; s/ +[0-9]+%/ N%/; s/ +/ /g; s/^[0-9]+ bytes/N bytes/; s/had [0-9]+/had N/' said | sort | sed '/^$/d'
}
masked loop.mil --repeat 2
# What is done together is one row; with --no-fuse, and where values are looked at, each op is one.
"$MILC" run fused.mil --target iOS18 --precision fp32 --profile --json >fused.json && python3 show.py fused.json
"$MILC" run fused.mil --target iOS18 --precision fp32 --chrome-trace trace.json -o out.npz && python3 show.py trace.json
masked fused.mil
masked fused.mil --no-fuse >alone
grep -c ' + ' alone
masked fused.mil --nan-check | cmp - alone
masked fused.mil --reference | cmp - alone
cat alone
# Attention that is written out is done matrix by matrix: its scores are nowhere at once.
cat >stack.mil <<'END'
n = get_new_symbol("n")
@mb.program(input_specs=[mb.TensorSpec(shape=(n, 3, 64, 32)) for _ in range(2)] + [mb.TensorSpec(shape=(64,))])
def f(q, k, m):
    a = mb.matmul(x=q, y=k, transpose_y=True, name="scores")
    a = mb.softmax(x=mb.add(x=mb.mul(x=a, y=0.25, name="scale"), y=m, name="mask"), axis=AXIS, name="soft")
    return (mb.matmul(x=a, y=k, name="sum"), a) if KEEP else mb.matmul(x=a, y=k, name="sum")
ct.convert(f, inputs=[ct.TensorType(x, shape=(ct.RangeDim(1, 4, default=2), 3, 64, 32)) for x in "qk"] + [ct.TensorType("m", shape=(64,))])
END
for how in "AXIS=-1 -D KEEP=0" "AXIS=-1 -D KEEP=1" "AXIS=1 -D KEEP=0"; do
	"$MILC" run stack.mil -D $how --target iOS18 --precision fp32 --passes=none --profile --json >stack.json && python3 show.py stack.json
done
# Where that would take more memory than there is, it is one behind the other.
cat >deep.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 1200, 16)) for _ in range(2)], opset_version=ct.target.iOS18)
def f(q, k):
    a = mb.matmul(x=q, y=k, transpose_y=True, name="scores")
    for i in range(3):
        a = mb.add(x=mb.softmax(x=a, axis=-1, name=f"soft{i}"), y=a, name=f"sum{i}")
    return mb.matmul(x=a, y=k, name="out")
END
for most in 40M 200M; do
	masked deep.mil --threads 2 --max-memory=$most | grep -c deep.mil
done
# More than seven operations are not all named.
cat >long.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(4, 16))])
def f(x):
    y = mb.mul(x=x, y=2.0, name="first")
    for k in range(COUNT):
        y = mb.exp(x=y) if k % 2 else mb.sin(x=y)
    return y
END
for count in 6 7 30; do
	masked long.mil -D COUNT=$count | grep "first"
done
try run loop.mil --json
try run loop.mil --chrome-trace missing/trace.json
try run loop.mil --chrome-trace loop.mil
