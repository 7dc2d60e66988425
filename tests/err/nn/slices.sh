# Slices whose ends are known only at run time: numbers for all axes there can be stand beside the inputs.
cat >m.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(5, 3)), mb.TensorSpec(shape=(2,), dtype=types.int32)])
def f(x, at):
    y = mb.slice_by_index(x=x, begin=[0, 1], end=at, begin_mask=[True, False], end_mask=[False, True])
    return y, mb.slice_by_size(x=x, begin=at, size=[1, 2])
m = ct.convert(f, convert_to="neuralnetwork")
END
try m.mil -o m.mlmodel
protoc --proto_path="$top/proto" --decode=CoreML.Specification.Model Model.proto <m.mlmodel |
	sed -n '/sliceDynamic {/,/^    }/p' | tr -s ' \n' ' '
echo
try run --seed 1 m.mlmodel
