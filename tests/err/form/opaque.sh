# An operation that is not in the table is held as it is: shown, written, converted around; not run.
protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto <"$here/opaque.textproto" >m.mlmodel
try m.mlmodel -S
try m.mlmodel -o same.mlmodel
cmp m.mlmodel same.mlmodel && echo 'the same bytes'
try m.mlmodel --target iOS17 -o half.mlpackage
try half.mlpackage -S
try run m.mlmodel
sed 's/frobnicate/relv/' "$here/opaque.textproto" |
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >near.mlmodel
try run near.mlmodel
try m.mlmodel -t neuralnetwork -o n.mlmodel
sed "s/inputs { key: \"k\"/$(for i in $(seq 30); do printf 'inputs { key: "k%d" value { arguments { name: "a" } } } ' "$i"; done)&/" \
	"$here/opaque.textproto" | protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >many.mlmodel
try many.mlmodel -S
# names of operations and operands that text has no other words for
sed 's/frobnicate/frob nicate/; s/key: "k"/key: "2 k"/' "$here/opaque.textproto" |
	protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >odd.mlmodel
try odd.mlmodel -o odd.mil
grep frob odd.mil
try diff odd.mlmodel odd.mil
