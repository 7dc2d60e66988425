# Models that are no scripts, and dumps that nobody can want.
text='program(1.0)
{
    func main<ios17>(tensor<fp32, [1, 4, 4]> x, tensor<fp32, [1, 4, 1]> s, tensor<int32, [2]> i) {
            tensor<int64, []> c = const()[name = tensor<string, []>("c"), val = tensor<int64, []>(5)];
            tensor<fp32, [1, 4, 4]> y = relu(x = x)[name = tensor<string, []>("y")];
        } -> (y);
}'
printf '%s\n' "$text" >int64.mil
try dump int64.mil
try dump int64.mil --summary
printf '%s\n' "$text" | sed '/int64/d; s/= relu(/= relooo(/' >unknown.mil
try dump unknown.mil
printf '%s\n' "$text" | sed '/int64/d; s/^            tensor<fp32, \[1, 4, 4\]> y.*/            tensor<fp32, [1, 2, 4]> b, tensor<fp32, [1, 2, 1]> t, tensor<int32, [1, 2]> n, tensor<int32, [1]> m = non_maximum_suppression(boxes = x, iou_threshold = tensor<fp32, []>(0.5), max_boxes = tensor<int32, []>(2), per_class_suppression = tensor<bool, []>(false), score_threshold = tensor<fp32, []>(0.25), scores = s)[name = tensor<string, []>("nms")];\n            tensor<fp32, [1, 4, 4]> y = gather(axis = tensor<int32, []>(0), batch_dims = tensor<int32, []>(0), indices = tensor<int32, [1]>([0]), validate_indices = tensor<bool, []>(true), x = x)[name = tensor<string, []>("y")];/; s/-> (y)/-> (y, b)/' >mixed.mil
try dump mixed.mil
cat >big.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 400))])
def f(x):
    return mb.matmul(x=x, y=np.ones((400, 300), np.float32), name="y")
END
try dump big.mil
try dump big.mil -o big.dump/none.mil
try dump big.mil -S --summary
try dump big.mil -o big.mlpackage
try dump big.mil -D n=1 --summary
try dump big.mil --weights big.npz
try dump big.mil -o x.mil --weights ../big.npz
try dump big.mil -o x.mil --weights big.h5
try big.mil -t neuralnetwork -o net.mlmodel
try dump net.mlmodel
try dump -t mlprogram net.mlmodel -o net.mil
rm -rf big.mlpackage
try big.mil
rm big.mlpackage/Data/com.apple.CoreML/weights/weight.bin
try dump big.mlpackage
try dump --summary big.mlpackage
try dump -S big.mlpackage | tail -5
try dump --json big.mlpackage | head -4
cat >bytes.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.mul(x=x, y=[0.5, 2.0], name="y")
END
"$MILC" dump --json bytes.mil >bytes.json
python3 -c 'import json; print(sorted(json.load(open("bytes.json"))))'
grep -A2 '"bytes"' bytes.json
printf '\010\001\022\000\242\070\000' >identity.mlmodel
printf '\010\001\022\000' >empty.mlmodel
try dump identity.mlmodel
try dump identity.mlmodel --summary
try dump empty.mlmodel
echo '# masks that are not there'
cat >sparse.mil <<'END'
cto = ct.optimize.coreml
@mb.program(input_specs=[mb.TensorSpec(shape=(1, 64))])
def f(x):
    return mb.linear(x=x, weight=np.arange(4096, dtype=np.float32).reshape(64, 64), name="y")
m = ct.convert(f, minimum_deployment_target=ct.target.iOS16)
cto.prune_weights(m, cto.OptimizationConfig(cto.OpMagnitudePrunerConfig(target_sparsity=0.5))).save("sparse.mlpackage")
END
try sparse.mil
rm sparse.mlpackage/Data/com.apple.CoreML/weights/weight.bin
try dump -S sparse.mlpackage
echo
try run sparse.mlpackage
echo '# what a summary says of labels, and of outputs that vary'
cat >labels.mil <<'END'
n = get_new_symbol()
inputs = [ct.TensorType(name="v", shape=(1, ct.RangeDim(1, 8, default=4)))]
for labels in ["cat", "dog", "cow"], [3, 4, 5]:
    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3)), mb.TensorSpec(shape=(1, n))])
    def f(x, v):
        return mb.softmax(x=x, axis=-1, name="p"), mb.relu(x=v, name="r")
    config = ct.ClassifierConfig(labels, predicted_probabilities_output="p")
    ct.convert(f, inputs=inputs, classifier_config=config).save(f"{labels[1]}.mlpackage")
END
try labels.mil
try dump --summary dog.mlpackage
try dump --summary 4.mlpackage
