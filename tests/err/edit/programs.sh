# ML Programs changed; what is left is shown by what differs, and checked.
cat >a.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 3)), mb.TensorSpec(shape=(3,))])
def f(x, z):
    a = mb.add(x=x, y=np.arange(6).reshape(2, 3).astype(np.float32), name="a")
    r = mb.relu(x=a, name="r")
    l = mb.linear(x=r, weight=np.arange(15).reshape(5, 3).astype(np.float32), name="l")
    p = mb.greater(x=a, y=1.0, name="p")
    q = mb.mul(x=mb.cast(x=p, dtype="fp32", name="pc"), y=z, name="q")
    return mb.softmax(x=l, axis=-1, name="s"), q
m = ct.convert(f, compute_precision=ct.precision.FLOAT32, minimum_deployment_target=ct.target.iOS15)
m.author = "me"
END
"$MILC" a.mil -o a.mlpackage
edit() { # EDIT…
	rm -rf e.mlpackage
	try edit a.mlpackage "$@" -o e.mlpackage
	[ -d e.mlpackage ] || return 0
	try diff a.mlpackage e.mlpackage
	try check e.mlpackage
	try run e.mlpackage --seed 1
}
edit
diff -r a.mlpackage e.mlpackage && echo 'the same bytes'
edit --set author=you --set version=2.0 --set description='a text' --set com.example.key=value \
	--set 'description.input[0].shortDescription=numbers' --set license=free --set versionString=3
edit --rename x=image --rename r=relu --rename s=result
edit --tap r --tap l
edit --tap p
edit --drop-output s
edit --extract r..s
edit --extract a..q,l
edit --extract p..q
edit --extract ..r
edit --extract a..
edit --fp16
cp -r e.mlpackage half.mlpackage
try edit half.mlpackage --fp32 -o e32.mlpackage
try diff e.mlpackage e32.mlpackage
edit --target iOS17
cat >post.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 5))])
def post(s):
    r = mb.add(x=s, y=np.arange(10).reshape(2, 5).astype(np.float32), name="r")
    return mb.exp(x=r, name="out")
ct.convert(post, compute_precision=ct.precision.FLOAT32)
END
edit --append post.mil
ls e.mlpackage/Data/com.apple.CoreML/weights
edit --extract a.. --append post.mil --tap l --drop-output q --fp16 --rename out=o --set author=all --target iOS18
try edit a.mlpackage --tap r -o e.mil
try edit a.mlpackage --tap r -o e.mlmodelc
try diff e.mil e.mlmodelc
try edit e.mil --drop-output q -o e2.mil
try edit e.mlmodelc --drop-output q -o e2.mlpackage
try diff e2.mil e2.mlpackage
try edit a.mil --set author=x -o - | sed -n 3,6p
echo '# nested blocks, states, an input that goes straight through, shapes that vary'
cat >w.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1,)), mb.TensorSpec(shape=(3,))])
def f(n, v):
    k = mb.exp(x=v, name="k")
    out = mb.while_loop(_cond=lambda i, x: mb.squeeze(x=mb.less(x=i, y=3.0), axes=[0]),
                        _body=lambda i, x: (mb.add(x=i, y=1.0), mb.mul(x=x, y=k)), loop_vars=(n, v), name="w")
    return out[1]
ct.convert(f, compute_precision=ct.precision.FLOAT32)
END
"$MILC" w.mil -o w.mlpackage
try edit w.mlpackage --rename k=kk --rename v=vv -o -
try edit w.mlpackage --tap k -o w2.mlpackage
try check w2.mlpackage
try edit w.mlpackage --tap mul_0 -o w3.mlpackage
protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto <<'END' >p.mlmodel
specificationVersion: 9
description { input { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 shapeRange { sizeRanges { lowerBound: 1 upperBound: -1 } } } } }
  output { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } output { name: "y" type { multiArrayType { dataType: FLOAT32 } } }
  output { name: "z" type { multiArrayType { dataType: FLOAT32 } } } state { name: "s" type { stateType { arrayType { shape: 2 dataType: FLOAT16 } } } } predictedFeatureName: "z" }
mlProgram { version: 1 functions { key: "main" value { opset: "CoreML8"
  inputs { name: "x" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { unknown {} } } } }
  inputs { name: "s" type { stateType { wrappedType { tensorType { dataType: FLOAT16 rank: 1 dimensions { constant { size: 2 } } } } } } }
  block_specializations { key: "CoreML8" value { outputs: "x" outputs: "y" outputs: "z"
    operations { type: "relu" inputs { key: "x" value { arguments { name: "x" } } } outputs { name: "a" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { unknown {} } } } } }
    operations { type: "relu" inputs { key: "x" value { arguments { name: "a" } } } outputs { name: "y" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { unknown {} } } } } }
    operations { type: "read_state" inputs { key: "input" value { arguments { name: "s" } } } outputs { name: "r" type { tensorType { dataType: FLOAT16 rank: 1 dimensions { constant { size: 2 } } } } } }
    operations { type: "write_state" inputs { key: "input" value { arguments { name: "s" } } } inputs { key: "data" value { arguments { name: "r" } } } }
    operations { type: "read_state" inputs { key: "input" value { arguments { name: "s" } } } outputs { name: "r2" type { tensorType { dataType: FLOAT16 rank: 1 dimensions { constant { size: 2 } } } } } }
    operations { type: "split" inputs { key: "axis" value { arguments { value { type { tensorType { dataType: INT32 } } immediateValue { tensor { ints { values: 0 } } } } } } } inputs { key: "num_splits" value { arguments { value { type { tensorType { dataType: INT32 } } immediateValue { tensor { ints { values: 2 } } } } } } } inputs { key: "x" value { arguments { name: "r2" } } } outputs { name: "h1" type { tensorType { dataType: FLOAT16 rank: 1 dimensions { constant { size: 1 } } } } }
      outputs { name: "h2" type { tensorType { dataType: FLOAT16 rank: 1 dimensions { constant { size: 1 } } } } } }
    operations { type: "add" inputs { key: "x" value { arguments { name: "h1" } } } inputs { key: "y" value { arguments { name: "h2" } } } outputs { name: "h" type { tensorType { dataType: FLOAT16 rank: 1 dimensions { constant { size: 1 } } } } } }
    operations { type: "cast" inputs { key: "x" value { arguments { name: "h" } } } inputs { key: "dtype" value { arguments { value { type { tensorType { dataType: STRING } } immediateValue { tensor { strings { values: "fp32" } } } } } } }
      outputs { name: "z" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { constant { size: 1 } } } } } }
  } } } } }
END
show() { # EDIT…
	try edit p.mlmodel "$@" -o p2.mlmodel
	protoc --proto_path="$top/proto" --decode=CoreML.Specification.Model Model.proto <p2.mlmodel | sed -n '/^mlProgram/q; p' | tr -s ' \n' ' '
	echo
	"$MILC" p2.mlmodel -S | sed -n '/func/,$p'
	echo
}
show --fp16
show --extract a..y
show --extract h1..z
show --tap a --tap h
show --drop-output z --rename s=memory
