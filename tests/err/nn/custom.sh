# Custom layers: what they lack is said of all at once; --custom gives the programs of scripts in
# their place, with weights as further values.
layer() { # NAME INPUT OUTPUT CLASS [FIELDS]
	echo "layers { name: \"$1\" input: \"$2\" output: \"$3\" custom { className: \"$4\" $5 } }"
}
net() { # FILE MAPPING LAYERS: a network from x to y
	{
		echo 'specificationVersion: 4 description {'
		echo 'input { name: "x" type { multiArrayType { dataType: FLOAT32 shape: 2 shape: 1 shape: 2 } } }'
		echo 'output { name: "y" type { multiArrayType { dataType: FLOAT32 } } } }'
		echo "neuralNetwork { arrayInputShapeMapping: $2 $3 }"
	} | protoc --proto_path="$top/proto" --encode=CoreML.Specification.Model Model.proto >"$1"
}
numbers='weights { floatValue: 10 floatValue: 20 }'
net two.mlmodel RANK5_ARRAY_MAPPING "$(layer mine x a Twice "$numbers")
	layers { name: \"between\" input: \"a\" output: \"b\" activation { ReLU { } } }
	$(layer theirs b y Other)"
try run --seed 1 two.mlmodel
try dump -t mlprogram two.mlmodel -o out.mil
ls out.mil 2>&1
cat >twice.mil <<'END2'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 1, 2)), mb.TensorSpec(shape=(2, 1, 1))])
def f(x, w):
    return mb.add(x=mb.mul(x=x, y=2.0), y=w)
END2
cat >other.mil <<'END2'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 2, 1, 2))])
def f(x):
    a = mb.square(x=x, name="mine")
    large = mb.greater(x=mb.reduce_max(x=a), y=1.0)
    return mb.cond(pred=large, _true_fn=lambda: mb.add(x=a, y=1.0), _false_fn=lambda: a)
END2
try run --seed 1 two.mlmodel --custom Twice=twice.mil
try run --seed 1 two.mlmodel --custom Twice=twice.mil --custom Other=other.mil
try dump -t mlprogram --verify two.mlmodel --custom Twice=twice.mil --custom Other=other.mil -o out.mil
try run --seed 1 out.mil
try dump -t mlprogram --verify --precision fp16 two.mlmodel --custom Twice=twice.mil --custom Other=other.mil -o out.mil
# the same class twice, and as it is in a network of later versions
net again.mlmodel EXACT_ARRAY_MAPPING "$(layer one x a Twice "$numbers") $(layer two a y Twice "$numbers")"
try run --seed 1 again.mlmodel --custom Twice=twice.mil
# what does not fit
net none.mlmodel EXACT_ARRAY_MAPPING "$(layer one x y '')"
try run none.mlmodel
net few.mlmodel EXACT_ARRAY_MAPPING "$(layer one x y Twice)"
try run few.mlmodel --custom Twice=twice.mil
net wrong.mlmodel EXACT_ARRAY_MAPPING "$(layer one x y Twice 'weights { floatValue: 1 }')"
try run wrong.mlmodel --custom Twice=twice.mil
sed 's/shape=(2, 1, 2)/shape=(2, 2, 1)/' twice.mil >turned.mil
try run again.mlmodel --custom Twice=turned.mil
sed 's/return mb.add/return x, mb.add/' twice.mil >more.mil
try run again.mlmodel --custom Twice=more.mil
echo 'a = 1' >nothing.mil
try run again.mlmodel --custom Twice=nothing.mil
try run again.mlmodel --custom Twice=absent.mil
echo 'a = 1 +' >broken.mil
try run again.mlmodel --custom Twice=broken.mil
for said in Twice =twice.mil Twice=; do
	try run again.mlmodel --custom $said
done
