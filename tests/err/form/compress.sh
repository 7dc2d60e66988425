# milc compress: what it makes of weights and says of it, and wrong use.
cat >net.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 64))], opset_version=ct.target.iOS18)
def f(x):
    w = (np.arange(64 * 64) * 29 % 97 / 97 - 0.5).astype(np.float32).reshape(64, 64)
    return mb.linear(x=x, weight=w, name="y")
EOF
"$MILC" net.mil --target iOS18
made() { # OPTION…
	try compress net.mlpackage "$@" -o out.mlpackage
	"$MILC" dump out.mlpackage --summary | sed -n '/operations/,/^weights/p'
	"$MILC" run out.mlpackage --seed 1
}
try run net.mlpackage --seed 1
made --linear int8
try compress out.mlpackage --decompress -o plain.mlpackage
try run plain.mlpackage --seed 1
made --linear int4 --granularity per_block=32
made --linear uint8 --mode linear
made --palettize 4
made --palettize 2 --mode uniform
made --palettize unique
made --prune 0.5
made --prune 1:2
made --prune 0.5 --palettize 4
made --linear int8 --weight-threshold 10000
try compress net.mlpackage --linear int8 -i missing.npz -o out.mlpackage
python3 - <<'EOF'
import struct, zipfile

head = repr({"descr": "<f4", "fortran_order": False, "shape": (1, 64)}).encode()
head += b" " * (-(len(head) + 11) % 64) + b"\n"
with zipfile.ZipFile("in.npz", "w") as z:
    z.writestr("x.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + struct.pack("<64f", *[i / 64 for i in range(64)]))
EOF
try compress net.mlpackage --linear int8 -i in.npz -o out.mlpackage
try compress net.mlpackage --palettize unique -i in.npz -o out.mlpackage

# wrong use
try compress net.mlpackage --linear int8
try compress net.mlpackage -o out.mlpackage
try compress net.mlpackage --linear int8 -o out.xyz
try compress net.mlpackage --decompress --linear int8 -o out.mlpackage
try compress net.mlpackage --linear fp16 -o out.mlpackage
try compress net.mlpackage --linear int8 --mode kmeans -o out.mlpackage
try compress net.mlpackage --palettize 5 -o out.mlpackage
try compress net.mlpackage --palettize 4 --mode linear -o out.mlpackage
try compress net.mlpackage --prune 2 -o out.mlpackage
try compress net.mlpackage --prune 5:4 -o out.mlpackage
try compress net.mlpackage --linear int8 --weight-threshold few -o out.mlpackage
try compress net.mlpackage --linear int8 --granularity per_row -o out.mlpackage
try compress net.mlpackage --palettize 4 --granularity per_channel -o out.mlpackage
try compress net.mlpackage other.mlpackage --linear int8 -o out.mlpackage
try compress net.mil --target iOS18 --linear int8 -o out.mlmodel
cat >relu.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 64))])
def f(x):
    return mb.relu(x=x)
EOF
"$MILC" relu.mil -t neuralnetwork -o relu.mlmodel
try relu.mlmodel --precision fp16 -S
sed 's/iOS18/iOS16/' net.mil >older.mil
try compress older.mil --linear int4 -o out.mlpackage
try compress older.mil --prune 0.5 --linear int8 -o out.mlpackage
try compress relu.mlmodel --linear int8 -o out.mlmodel

# a mask with more bits set than there are values
cat >beyond.mil <<'EOF'
program(1.3)
{
    func main<ios18>(tensor<fp16, [1, 4]> x) {
            tensor<uint1, [2, 4]> m, tensor<fp16, [8]> v = constexpr_lut_to_sparse(indices_mask = tensor<uint1, [2, 4]>([[1, 1, 1, 1], [1, 1, 1, 1]]), indices_nonzero_data = tensor<uint1, [8]>([0, 1, 0, 1, 0, 1, 0, 1]), lut = tensor<fp16, [1, 1, 2, 1]>([[[[1], [2]]]]))[name = string("m")];
            tensor<fp16, [2, 4]> w = constexpr_sparse_to_dense(nonzero_data = tensor<fp16, [3]>([1, 2, 3]), mask = m)[name = string("w")];
            tensor<fp16, [1, 2]> y = linear(weight = w, x = x)[name = string("y")];
        } -> (y);
}
EOF
try compress beyond.mil --decompress -o out.mlpackage
try compress beyond.mil --linear int8 --weight-threshold 0 -o out.mlpackage
