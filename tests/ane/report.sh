cat >a.mil <<'EOF'
import numpy as np
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types


@mb.program(input_specs=[mb.TensorSpec((1, 8, 20, 20), dtype=types.fp16)], opset_version=ct.target.iOS17)
def prog(x):
    x = mb.conv(x=x, weight=np.ones((8, 8, 3, 17), np.float16), pad_type="same", name="wide")
    x = mb.relu(x=x, name="act")
    x = mb.cumsum(x=x, axis=1, name="sums")
    x = mb.softmax(x=x, axis=1, name="shares")
    return mb.sin(x=x, name="waves")


model = ct.convert(prog, minimum_deployment_target=ct.target.iOS17)
EOF
sed -i '1i import coremltools as ct' a.mil
try ane a.mil
try ane a.mil --family all
try ane --family M5 a.mil --require met
printf '\357\273\277function,op,device,cost\nmain,wide,MLNeuralEngineComputeDevice,0.75\n' >m.csv
printf 'main,sums,CPU,\nother,act,GPU,0.1\n' >>m.csv
try ane a.mil --measured m.csv
# the advice is that of the rule that is broken, where it has one, not that of the operation
cat >b.mil <<'EOF'
@mb.program(input_specs=[mb.TensorSpec((1, 4))])
def f(x):
    return mb.gelu(x=x, mode="EXACT", name="y")


m = ct.convert(f, compute_precision=ct.precision.FLOAT32)
EOF
try ane b.mil
try ane b.mil --json | grep -B1 '"instead": "'
try ane --explain cumsum
try ane --explain sin
try ane --explain gated
try ane --explain T03
try ane --explain hwx
try ane --explain kW
try ane --explain feeds
