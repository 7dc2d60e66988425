# metadata.json: every kind of feature, and how operations are counted.
cat >image.mil <<'EOF'
h, n = get_new_symbol(), get_new_symbol()

@mb.program(
    input_specs=[mb.TensorSpec(shape=(1, 3, h, 16)), mb.TensorSpec(shape=(1, n)), mb.TensorSpec(shape=(2,))],
    opset_version=ct.target.iOS17,
)
def f(photo, seq, gain):
    return mb.reduce_mean(x=photo, axes=[1, 2, 3], keep_dims=False, name="mean"), mb.mul(x=mb.reduce_sum(x=seq), y=gain, name="sum")

ct.convert(
    f,
    inputs=[
        ct.ImageType(name="photo", shape=ct.Shape((1, 3, ct.RangeDim(8, 64, default=32), 16)), color_layout=ct.colorlayout.BGR),
        ct.TensorType(name="seq", shape=(1, ct.RangeDim(1, 512, default=4))),
        ct.TensorType(name="gain", shape=(2,), default_value=np.ones(2, dtype=np.float32)),
    ],
    minimum_deployment_target=ct.target.iOS17,
    compute_precision=ct.precision.FLOAT32,
)
EOF
cat >class.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 1, 4, 4))])
def f(digit):
    return mb.softmax(x=mb.reshape(x=digit, shape=(1, 16)), name="p")

ct.convert(
    f,
    inputs=[ct.ImageType(name="digit", color_layout=ct.colorlayout.GRAYSCALE)],
    classifier_config=ct.ClassifierConfig([f"c{i}" for i in range(16)]),
)
EOF
cat >state.mil <<'EOF'
@mb.program(
    input_specs=[mb.TensorSpec(shape=(2,), dtype=types.fp16), mb.StateTensorSpec(shape=(2,), dtype=types.fp16)],
    opset_version=ct.target.iOS18,
)
def f(x, kept):
    y = mb.add(x=mb.read_state(input=kept), y=x)
    mb.coreml_update_state(state=kept, value=y)
    return mb.relu(x=y, name="y")
EOF
cat >stored.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 40))], opset_version=ct.target.iOS16)
def f(x):
    lut = mb.constexpr_lut_to_dense(
        indices=np.arange(20, dtype=np.uint8), lut=np.arange(16, dtype=np.float16), shape=np.array([1, 40], dtype=np.uint32)
    )
    sparse = mb.constexpr_sparse_to_dense(
        nonzero_data=np.ones(40, dtype=np.float16),
        mask=np.full(10, 255, dtype=np.uint8)[:5],
        shape=np.array([1, 40], dtype=np.uint32),
    )
    q = mb.constexpr_affine_dequantize(
        quantized_data=np.ones((1, 40), dtype=np.int8), zero_point=np.int8(0), scale=np.float16(2), axis=0
    )
    w = np.arange(40, dtype=np.float32).reshape(1, 40)
    return mb.add(x=x, y=w), mb.reduce_sum(x=mb.add(x=mb.add(x=lut, y=sparse), y=q), name="z")

ct.convert(f, minimum_deployment_target=ct.target.iOS16, compute_precision=ct.precision.FLOAT32)
EOF
for name in image class state stored; do
	try "$name.mil" --target "$([ $name = state ] && echo iOS18 || echo iOS17)" --unverified -o "$name.mlmodelc"
	python3 - "$name.mlmodelc/metadata.json" <<'EOF'
import json, sys

with open(sys.argv[1]) as f:
    m = json.load(f)[0]
for key in ("inputSchema", "outputSchema", "stateSchema"):
    for feature in m[key]:
        print(key, ascii(sorted(feature.items())))
for key in ("mlProgramOperationTypeHistogram", "computePrecision", "storagePrecision"):
    print(key, m.get(key))
EOF
done
