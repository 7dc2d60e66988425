# MIL text with one thing wrong.
good='program(1.3)
[buildInfo = dict<string, string>({{"made", "by hand"}})]
{
    func main<ios18>(tensor<fp16, [1, 4]> x) {
            tensor<fp16, [2, 2]> w = const()[name = string("w"), val = tensor<fp16, [2, 2]>([[0x1p+0, -0x1p-1], [inf, 2.5]])];
            tensor<fp16, [1, 4]> y = relu(x = x)[name = string("y")];
        } -> (y);
}'

# wrong SED: the good text, changed
wrong() {
	printf '%s\n' "$good" | sed "$1" >t.mil
	echo "# $1"
	"$MILC" t.mil -S 2>&1 | head -4
}

wrong ''
wrong 's/program(1.3)/program(2.0)/'
wrong 's/program(1.3)/program(1.3]/'
wrong 's/ios18/ios99/'
wrong 's/<ios18>/<CoreML7>/'
wrong 's/fp16, \[1, 4\]> y/fp17, [1, 4]> y/'
wrong 's/fp16, \[1, 4\]> y/fp16, [1, -4]> y/'
wrong 's/fp16, \[1, 4\]> y/fp16, [1 4]> y/'
wrong 's/fp16, \[1, 4\]> y/fp16> y/'
wrong 's/tensor<fp16, \[1, 4\]> y/tensro y/'
wrong 's/\[inf, 2.5\]/[inf]/'
wrong 's/\[inf, 2.5\]/[inf, 2.5, 1]/'
wrong 's/\[\[0x1p+0, -0x1p-1\], \[inf, 2.5\]\]/[1, 2, 3, 4]/'
wrong 's/2.5/true/'
wrong 's/fp16, \[2, 2\]/bool, [2, 2]/g'
wrong 's/fp16, \[2, 2\]/int8, [2, 2]/g; s/\[\[.*\]\]/[[1, 2], [3, 300]]/'
wrong 's/fp16, \[2, 2\]/int8, [2, 2]/g; s/\[\[.*\]\]/[[1, 2], [3, -128]]/'
wrong 's/fp16, \[2, 2\]/uint8, [2, 2]/g; s/\[\[.*\]\]/[[1, 2], [3, -1]]/'
wrong 's/fp16, \[2, 2\]/fp16, [2, 1000000]/g'
wrong 's/fp16, \[2, 2\]/fp16, [2, ?]/g'
wrong 's/string("w")/string("w\\q")/'
wrong 's/string("w")/string("w)/'
wrong 's/string("w")/string(w)/'
wrong 's/relu(x = x)/relu(x = x, x = x)/'
wrong 's/relu(x = x)/relu(x = z)/'
wrong 's/relu(x = x)/relu(x x)/'
wrong 's/relu(x = x)/relu(x = 1)/'
wrong 's/relu(x = x)/relu(x = ;)/'
wrong 's/relu(x = x)/rleu(x = x)/'
wrong 's/string("y")\];/string("y")]/'
wrong 's/-> (y)/-> (z)/'
wrong 's/-> (y)/(y)/'
wrong 's/^}$/}}/'
wrong 's/^}$//'
wrong 's/func main/fun main/'
wrong 's/> x)/> x) [CoreML_InputDefaultValues = string("x")]/'
wrong 's/> x)/> x) [FlexibleShapeInformation = string(("x"))]/'
wrong 's/> x)/> x) [FlexibleShapeInformation = string((("Shapes", {{"x", [1]}})))]/'
wrong 's/tensor<fp16, \[1, 4\]> x/tensor<bool, [1, 4]> x/'
wrong 's/tensor<fp16, \[1, 4\]> x/list<fp16, 4> x/'
wrong 's/val = tensor<fp16, \[2, 2\]>(.*\]\])/val = tensor<fp16, [2, 2]>(BLOBFILE(path = string("@model_path\/none.bin"), offset = uint64(64)))/'
wrong 's/val = tensor<fp16, \[2, 2\]>(.*\]\])/val = tensor<fp16, [2, 2]>(BLOBFILE(path = string("..\/none.bin"), offset = uint64(64)))/'
wrong 's/val = tensor<fp16, \[2, 2\]>(.*\]\])/val = tensor<fp16, [2, 2]>(BLOBFILE(path = int32(1), offset = uint64(64)))/'
wrong 's/val = tensor<fp16, \[2, 2\]>(.*\]\])/val = tensor<fp16, [2, 2]>(BLOBFILE(offset = uint64(64), size = uint64(64)))/'
wrong 's/val = tensor<fp16, \[2, 2\]>(.*\]\])/val = tensor<fp16, [2, 2]>(BLOBFILE(offset = uint64(64), offset = uint64(64)))/'
wrong 's/dict<string, string>({{"made", "by hand"}})/tuple<string, string>(("a", "b", "c"))/'
wrong 's/dict<string, string>({{"made", "by hand"}})/tuple<string, string>(("a"))/'
wrong 's/dict<string, string>({{"made", "by hand"}})/list<string, 2>(["a", "b", "c"])/'
wrong 's/dict<string, string>({{"made", "by hand"}})/state<tensor<fp16, [1]>>(1)/'
wrong 's/made/m\xc3\x28/'
wrong '1s/^/\/\/ a comment\n/'
types=$(printf 'list<%.0s' $(seq 20))
wrong "s/dict<string, string>(.*})]/$types/"
# flexible TYPE LITERAL: what is said of the shapes of x
flexible() {
	wrong "s/> x)/> x) [FlexibleShapeInformation = $1($2)]/"
}
dims=$(printf '1, %.0s' $(seq 33))1
ranges='tuple<tuple<string, dict<string, list<tensor<int32, [2]>, ?>>>>'
choices='tuple<tuple<string, dict<string, dict<string, tensor<int32, [?]>>>>>'
flexible "$ranges" '(("RangeDims", {{"x", [[1, 2], [1, 4294967296]]}}))'
flexible "$ranges" "((\"RangeDims\", {{\"x\", [[$dims]]}}))"
flexible "$ranges" "((\"RangeDims\", {{\"x\", [$(echo "$dims" | sed 's/1/[1, 2]/g')]}}))"
flexible "$ranges" '(("RangeDims", {{"x", [[1, 2, 3]]}}))'
flexible "$choices" '(("EnumeratedShapes", {{"a", {{"x", [1, 4]}}}, {"b", {{"x", [4]}}}}))'
wrong "s/fp16, \[1, 4\]> y/fp16, [$dims]> y/"
wrong 's/tensor<fp16, \[1, 4\]> x/state<list<fp16, 2>> x/'
wrong 's/fp16, \[2, 2\]/int8, [2, 2]/g; s/\[\[.*\]\]/[[1, 2], [3, 0.5]]/'
blob='(BLOBFILE(path = string("@model_path\/none.bin"), offset = uint64(64)))'
huge='fp16, [1000000, 1000000, 1000000]'
wrong "s/fp16, \[2, 2\]> w/$huge> w/; s/fp16, \[2, 2\]>(.*\]\])/$huge>$blob/"
operands=$(printf ', a%d = x' $(seq 40))
wrong "s/relu(x = x)/relu(x = x$operands)/"
printf '%s\n\n// model = {"specificationVersion": "x"}\n' "$good" >t.mil
try t.mil -S
printf '%s\n\n// model = {"description": {"inputs": []}}\n' "$good" >t.mil
try t.mil -S
printf 'program(1.0) { }\n' >t.mil
try t.mil -S
# two weights files find no place beside one file
two=$(printf '%s' "$good" | sed 's/val = tensor<fp16, \[2, 2\]>(.*\]\])/val = tensor<fp16, [2, 2]>(BLOBFILE(path = string("@model_path\/a.bin"), offset = uint64(64)))/; 5p; s/a.bin/b.bin/; s/> w = /> v = /')
printf '%s' "$two" >two.mil
try two.mil -o two.mlmodel
try two.mil -o two.mlpackage
