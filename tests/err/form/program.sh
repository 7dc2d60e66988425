# ML Programs with one thing wrong: the text of a good model, edited, and encoded again.
cat >good.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))], opset_version=ct.target.iOS18)
def f(x):
    return mb.softmax(x=x, axis=0, name="y")
END
cat >flow.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))], opset_version=ct.target.iOS18)
def f(x):
    less = mb.less(x=mb.reduce_max(x=x, keep_dims=False), y=1.0, name="less")
    y = mb.cond(pred=less, _true_fn=lambda: mb.relu(x=x, name="t"), _false_fn=lambda: x, name="c")
    return mb.while_loop(
        _cond=lambda a: mb.less(x=mb.reduce_max(x=a, keep_dims=False), y=1.0, name="go"),
        _body=lambda a: mb.add(x=a, y=a, name="b"),
        loop_vars=(y,),
        name="y",
    )
END
cat >state.mil <<'END'
@mb.program(
    input_specs=[mb.TensorSpec(shape=(2,), dtype=types.fp16),
                 mb.StateTensorSpec(shape=(2,), dtype=types.fp16)],
    opset_version=ct.target.iOS18,
)
def f(x, s):
    y = mb.add(x=mb.read_state(input=s, name="r"), y=x, name="y")
    mb.coreml_update_state(state=s, value=y)
    return y
END
codec() { protoc --proto_path="$top/proto" --"$1"=CoreML.Specification.Model Model.proto; }
for name in good flow state; do
	"$MILC" "$name.mil" --precision fp32 --target iOS18
	codec decode <"$name.mlpackage/Data/com.apple.CoreML/model.mlmodel" | tr -s ' \n' ' ' >"$name.txt"
done

# wrong NAME EDIT: the model with that edit; an edit that changes nothing is a mistake here.
wrong() {
	sed "$2" "$1.txt" >edited.txt
	if cmp -s "$1.txt" edited.txt; then
		echo "nothing changed: $2"
	fi
	codec encode <edited.txt >m.mlmodel
	echo "# $2" | cut -c1-100
	"$MILC" run m.mlmodel 2>&1 | head -3
}

fp32='dataType: FLOAT32 rank: 1 dimensions { constant { size: 2 } }'
axis='tensorType { dataType: INT32 } } immediateValue { tensor { ints { values: 0 } } }'
# types
wrong good "s/size: 2 /size: 18446744073709551615 /"
wrong good "s/tensorType { dataType: FLOAT32/tensorType { dataType: UNUSED_TYPE/"
wrong good "s/rank: 1 dim/rank: 3 dim/"
wrong good "s/$fp32/dataType: FLOAT32 rank: 2 dimensions { constant { size: 4611686018427387904 } } dimensions { constant { size: 16 } }/"
wrong good "s/inputs { name: \"x\" type { tensorType { $fp32 } }/inputs { name: \"x\" type { stateType { wrappedType { listType { type { tensorType { $fp32 } } } } } }/"
wrong good "s/inputs { name: \"x\" type { tensorType { $fp32 } } }/inputs { name: \"x\" }/"
# constants
wrong good "s/immediateValue { tensor { ints { values: 0 } } }//"
wrong good "s/ints { values: 0 }/ints { values: 0 values: 1 }/"
wrong good "s/tensor { ints { values: 0 } }/tensor { }/"
wrong good "s/tensor { ints { values: 0 } }/tensor { floats { values: 0 } }/"
wrong good "s/tensor { ints { values: 0 } }/list { }/"
wrong good "s/$axis/listType { type { listType { type { tensorType { dataType: INT32 } } } } } } immediateValue { list { values { } } }/"
wrong good "s/$axis/listType { type { tensorType { dataType: INT32 } } } } immediateValue { list { values { } } }/"
wrong good "s/$axis/listType { type { tensorType { dataType: INT32 } } } } immediateValue { list { values { type { tensorType { dataType: BOOL } } immediateValue { tensor { bools { values: true } } } } } }/"
wrong good "s/immediateValue { tensor { ints { values: 0 } } }/blobFileValue { fileName: \"weight.bin\" offset: 64 }/"
wrong good "s/immediateValue { tensor { ints { values: 0 } } }/blobFileValue { fileName: \"@model_path\/..\/weight.bin\" offset: 64 }/"
wrong good "s/immediateValue { tensor { ints { values: 0 } } }/blobFileValue { fileName: \"@model_path\/missing.bin\" offset: 64 }/"
wrong good "s/immediateValue { tensor { ints { values: 0 } } }/blobFileValue { fileName: \"@model_path\/good.txt\" offset: 64 }/"
# operations
wrong good "s/key: \"val\"/key: \"value\"/"
wrong good "s/type: \"const\" outputs/type: \"const\" inputs { key: \"x\" value { } } outputs/"
wrong good "s/name: \"y_axis_0\" type { tensorType { dataType: INT32/name: \"y_axis_0\" type { tensorType { dataType: BOOL/"
wrong good "s/type: \"softmax\"/type: \"softmux\"/"
wrong good "s/key: \"axis\"/key: \"axes\"/"
wrong good "s/arguments { name: \"x\" }//"
wrong good "s/arguments { name: \"x\" }/arguments { name: \"x\" } arguments { name: \"x\" }/"
wrong good "s/arguments { name: \"x\" }/arguments { }/"
wrong good "s/arguments { name: \"x\" }/arguments { name: \"later\" }/"
wrong good "s/arguments { name: \"y_axis_0\" }/arguments { name: \"x\" }/"
wrong good "s/inputs { key: \"x\" value { arguments { name: \"x\" } } }//"
wrong good "s/inputs { key: \"x\" value { arguments { name: \"x\" } } }/inputs { key: \"x\" value { arguments { name: \"y_axis_0\" } } }/"
wrong good "s/outputs { name: \"y\" type/outputs { name: \"more\" type { tensorType { $fp32 } } } outputs { name: \"y\" type/"
wrong good "s/outputs { name: \"y\" type { tensorType { $fp32/outputs { name: \"y\" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { constant { size: 3 } }/"
wrong good "s/type: \"softmax\"/type: \"softmax\" blocks { }/"
wrong good "s/values: 0 }/values: 7 }/"
wrong flow "s/keep_dims\" value { arguments { name: \"reduce_max_1_keep_dims_0\"/keep_dims\" value { arguments { name: \"less\"/"
one='dataType: FLOAT32 } } immediateValue { tensor { floats { values: 1 }'
int='dataType: INT32 } } immediateValue { tensor { ints { values: 1 }'
wrong flow "s/name: \"less_y_0\" type { tensorType { dataType: FLOAT32/name: \"less_y_0\" type { tensorType { dataType: INT32/;s/$one/$int/"
wrong flow "s/type: \"less\" inputs/type: \"list_length\" inputs { key: \"ls\" value { arguments { name: \"x\" } } } inputs/"
# control flow
wrong flow "s/blocks { outputs: \"t\"/blocks { inputs { name: \"i\" type { tensorType { $fp32 } } } outputs: \"t\"/"
wrong flow "s/blocks { outputs: \"t\"/blocks { outputs: \"t\" outputs: \"t\"/"
wrong flow "s/blocks { outputs: \"t\"/blocks { outputs: \"less\"/"
wrong flow "s/outputs: \"go\"/outputs: \"c_x0\"/"
wrong flow "s/outputs: \"t\"/outputs: \"nothing\"/"
wrong flow "s/blocks { outputs: \"x\" }//"
# states
wrong state "s/key: \"input\" value { arguments { name: \"s\" } }/key: \"input\" value { arguments { name: \"x\" } }/"
wrong state "s/key: \"data\" value { arguments { name: \"y\" } }//"
wrong state "s/key: \"data\" value { arguments { name: \"y\" } }/key: \"data\" value { arguments { name: \"s\" } }/"
# functions and the whole
wrong good "s/opset: \"CoreML8\"/opset: \"CoreML99\"/"
wrong good "s/opset: \"CoreML8\"/opset: \"CoreML7\"/"
wrong good "s/value { outputs: \"y\" op/value { inputs { name: \"q\" type { tensorType { $fp32 } } } outputs: \"y\" op/"
wrong good "s/outputs: \"y\" op/outputs: \"q\" op/"
wrong good "s/key: \"main\"/key: \"other\"/"
wrong good "s/key: \"main\"/key: \"other\"/; s/input { name: \"x\"/input { name: \"w\"/"
wrong good "s/functions { key: \"main\"/functions { key: \"\"/"
wrong good "s/output { name: \"y\" type/output { name: \"z\" type/"
wrong good "s/input { name: \"x\" type { multiArrayType { shape: 2 dataType: FLOAT32 } } }//"
wrong good "s/mlProgram { .*/mlProgram { }/"
wrong good "s/mlProgram { .*//"
wrong good "s/mlProgram { .*/identity { }/"
# features
wrong good "s/description { .* mlProgram {/mlProgram {/"
wrong good "s/input { name: \"x\"/input {/"
wrong good "s/input { name: \"x\" type { multiArrayType { shape: 2 dataType: FLOAT32 } }/input { name: \"x\"/"
wrong good "s/multiArrayType { shape: 2 dataType: FLOAT32 }//"
wrong good "s/shape: 2 /shape: -2 /"
wrong good "s/shape: 2 /$(yes 'shape: 1 ' | head -40 | tr -d '\n')/"
wrong good "s/shape: 2 dataType: FLOAT32/shape: 2 dataType: FLOAT32 shapeRange { sizeRanges { } sizeRanges { } }/"
wrong good "s/shape: 2 dataType: FLOAT32/shape: 2 dataType: FLOAT32 enumeratedShapes { shapes { shape: 2 } shapes { shape: 2 shape: 2 } }/"
wrong good "s/multiArrayType { shape: 2 dataType: FLOAT32 }/imageType { width: 4 height: 4 imageSizeRange { } }/"
wrong state "s/stateType { arrayType { shape: 2 dataType: FLOAT16 } }/stateType { }/"
wrong good "s/multiArrayType { shape: 2 /multiArrayType { /;s/dimensions { constant { size: 2 } }/dimensions { unknown { } }/g"
