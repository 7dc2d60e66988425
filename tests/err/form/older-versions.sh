# Operations in the form of an older target inside a function of a newer one: written and run.
for op in \
	'constexpr_lut_to_dense(indices=np.array([0xe4, 0x1b], np.uint8), lut=np.arange(4, dtype=np.float16)' \
	'constexpr_sparse_to_dense(nonzero_data=np.array([1, 2, 3], np.float16), mask=np.array([0x13], np.uint8)'; do
	cat >m.mil <<END
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 4), dtype=types.fp16)], opset_version=ct.target.iOS16)
def f(x):
    w = mb.$op, shape=np.array([2, 4], np.uint32), name="w")
    return mb.linear(x=x, weight=w, name="y")
m = ct.convert(f, minimum_deployment_target=ct.target.iOS18)
END
	try m.mil -o m.mlpackage
	try run --seed 1 m.mil
	try run --seed 1 m.mlpackage
done
