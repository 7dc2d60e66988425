# Edits that cannot be made, each with nothing written.
cat >a.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 3))])
def f(x):
    a = mb.relu(x=x, name="a")
    i, j = mb.topk(x=a, k=2, axis=-1, name="t")
    return mb.exp(x=a, name="s"), mb.sin(x=i, name="u")
m = ct.convert(f, compute_precision=ct.precision.FLOAT32)
END
"$MILC" a.mil -o a.mlpackage
edit() { # EDIT…
	try edit a.mlpackage "$@" -o e.mlpackage
	[ ! -e e.mlpackage ] || echo 'something was written'
}
try edit a.mlpackage --tap a
try edit a.mlpackage -o e.txt
try edit
try edit a.mlpackage b.mlpackage -o e.mlpackage
try edit none.mlpackage -o e.mlpackage
edit --fp16 --fp32
edit --rename a
edit --rename =b
edit --rename none=b
edit --rename t_O=b
edit --tap t_O
edit --extract t_O..s
edit --rename a=s
edit --rename a=7up
edit --set author
edit --set 'description.input[7].shortDescription=x'
edit --set specificationVersion=nine
edit --set specificationVersion=99999999999999
edit --tap none
edit --tap x
edit --tap s
edit --drop-output none
edit --drop-output s --drop-output u
edit --extract a
edit --extract none..s
edit --extract a..x
edit --extract u..s
edit --target iOS13
edit --target nowhere
cat >post.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 3)), mb.TensorSpec(shape=(2, 3))])
def post(s, other):
    return mb.add(x=s, y=other, name="out")
END
edit --append post.mil
sed 's/, mb.TensorSpec(shape=(2, 3))//; s/, other)/)/; s/y=other/y=1.0/; s/(2, 3)/(2, 4)/' post.mil >post2.mil
edit --append post2.mil
edit --append none.mil
sed 's/(2, 4)/(2, 3)/' post2.mil >post3.mil
"$MILC" post3.mil --target iOS18 -o post.mlpackage
edit --append post.mlpackage
protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto <<'END' >s.mlmodel
specificationVersion: 9
description { input { name: "x" type { multiArrayType { shape: 2 dataType: FLOAT32 } } } output { name: "c" type { stringType {} } } output { name: "y" type { multiArrayType { dataType: FLOAT32 } } } }
mlProgram { version: 1 functions { key: "main" value { opset: "CoreML8"
  inputs { name: "x" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { constant { size: 2 } } } } }
  block_specializations { key: "CoreML8" value { outputs: "c" outputs: "y"
    operations { type: "const" attributes { key: "val" value { type { tensorType { dataType: STRING } } immediateValue { tensor { strings { values: "a" } } } } } outputs { name: "c" type { tensorType { dataType: STRING } } } }
    operations { type: "frobnicate" inputs { key: "x" value { arguments { name: "c" } } } outputs { name: "d" type { tensorType { dataType: STRING } } } }
    operations { type: "const" attributes { key: "val" value { type { tensorType { dataType: FLOAT32 } } immediateValue { tensor { floats { values: 1 } } } } } outputs { name: "k" type { tensorType { dataType: FLOAT32 } } } }
    operations { type: "frobnicate" outputs { name: "g" type { tensorType { dataType: UINT1 } } } }
    operations { type: "relu" inputs { key: "x" value { arguments { name: "x" } } } outputs { name: "y" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { constant { size: 2 } } } } } }
  } } } } }
END
try edit s.mlmodel --tap d -o e.mlmodel
try edit s.mlmodel --tap g -o e.mlmodel
try edit s.mlmodel --tap k -o e.mlmodel
try edit s.mlmodel --extract k..d -o e.mlmodel
try edit s.mlmodel --extract d..y -o e.mlmodel
try edit s.mlmodel --target iOS17 -o e.mlmodel
protoc --proto_path="$top/proto" --decode=CoreML.Specification.Model Model.proto <s.mlmodel | sed 's/"main"/"other"/' |
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >o.mlmodel
try edit o.mlmodel --tap d -o e.mlmodel
