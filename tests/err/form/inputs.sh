# What comes in is known by its content; what milc cannot read yet says so; models are rewritten.
printf 'program(1.0)\n{}\n' >text.mil
try text.mil -o out.mlpackage
mkdir c.mlmodelc
try c.mlmodelc -o out.mlpackage
try run "$here/../file/good.npz"
printf '\223NUMPY\1\0v\0{}' >one.npy
try run one.npy
printf 'PK\3\4%026d/data.pkl' 0 >torch.pt
try torch.pt
truncate -s 65M big.mil
try big.mil
printf '\010\011\022\000\272\077\000' >pipe.mlmodel
try pipe.mlmodel -S
printf '\010\005\022\000\242\030\002\012\000' >odd.mlmodel
try odd.mlmodel -S
try odd.mlmodel -o odd2.mlmodel
cmp odd.mlmodel odd2.mlmodel && echo 'the same bytes'
try run odd.mlmodel -t mlprogram
cat >n.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])
def f(x):
    return mb.sqrt(x=x)
END
try n.mil -t neuralnetwork -o n.mlmodel
try n.mlmodel -o n.mlpackage
try n.mlpackage -o again.mlmodel
cmp n.mlmodel again.mlmodel && echo 'the same bytes'
try n.mlmodel -t mlprogram -o p.mlpackage
try p.mlpackage -S
try p.mlpackage -o p.mlmodel
try p.mlpackage --passes=nope -S
try p.mlpackage -t neuralnetwork --target iOS17 -o q.mlmodel
try p.mlpackage -o p.onnx
ln -s /etc/hostname p.mlpackage/Data/com.apple.CoreML/weights/link
try p.mlpackage -o q.mlpackage
rm p.mlpackage/Data/com.apple.CoreML/weights/link
ln -s p.mlpackage named.mlpackage
try named.mlpackage -o q.mlpackage
rm named.mlpackage
mkdir -p "p.mlpackage/$(printf 'd/%.0s' $(seq 45))"
try p.mlpackage -o q.mlpackage 2>&1 | sed 's|/d/[d/]*|/d/…|'
cat >w.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(2, 64))])
def f(x):
    return mb.add(x=x, y=np.arange(128, dtype=np.float32).reshape(2, 64))
END
try w.mil -o w.mlpackage
cp w.mlpackage/Data/com.apple.CoreML/model.mlmodel bare.mlmodel
try bare.mlmodel -o bare2.mlmodel
try bare.mlmodel -o bare.mlpackage
cp w.mlpackage/Data/com.apple.CoreML/weights/weight.bin bare_weights.bin
try bare.mlmodel -o bare.mlpackage
diff -r bare.mlpackage w.mlpackage && echo 'the same package'
try bare.mlmodel -o bare2.mlmodel
cmp bare_weights.bin bare2_weights.bin && echo 'the same weights'
try bare.mlmodel --passes=none -o bare3.mlmodel
cmp bare_weights.bin bare3_weights.bin && echo 'the same weights'
