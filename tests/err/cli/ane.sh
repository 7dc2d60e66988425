printf '@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])\ndef f(x):\n    return mb.relu(x=x, name="y")\n' >a.mil
try ane
try ane a.mil b.mil
try ane none.mil
try ane a.mil --family H12
try ane a.mil --require best
try ane a.mil --require native
try ane --explain nobody
try ane a.mil --function other
try ane a.mil --measured none.csv
printf '' >m.csv
try ane a.mil --measured m.csv
printf 'function,device\nmain,cpu\n' >m.csv
try ane a.mil --measured m.csv
printf 'function,op,device,cost\nmain,y\n' >m.csv
try ane a.mil --measured m.csv
printf 'function,op,device,cost\nmain,y,"TPU ""x""",1\n' >m.csv
try ane a.mil --measured m.csv
printf 'op,device,cost\ny,cpu,inf\n' >m.csv
try ane a.mil --measured m.csv
printf 'op,device,cost\ny,cpu,1 h\n' >m.csv
try ane a.mil --measured m.csv
printf 'op,device\nz,cpu\n' >m.csv
try ane a.mil --measured m.csv --family all
try ane a.mil --measured m.csv --family M5
# Of several functions each line is about one, or about all of them.
cat >two.mil <<'END'
@mb.function(input_specs=[mb.TensorSpec((1, 4), dtype=types.fp16)], opset_version=ct.target.iOS18)
def one(x):
    return mb.relu(x=x, name="r")

@mb.function(input_specs=[mb.TensorSpec((1, 4), dtype=types.fp16)], opset_version=ct.target.iOS18)
def two(x):
    return mb.sin(x=mb.relu(x=x, name="r"), name="s")

prog = Program()
prog.add_function("main", one)
prog.add_function("two", two)
prog.export_as_multifunction = True
m = ct.convert(prog, minimum_deployment_target=ct.target.iOS18)
END
printf 'op,device,cost\nr,ane,0.5\ns,cpu,\nt,cpu,\n' >m.csv
try ane two.mil --measured m.csv --family all
try ane two.mil --measured m.csv | grep -E '^\$|^[a-z]*: [0-9]|warning|measured'
printf 'function,op,device\ntwo,s,cpu\nmain,s,cpu\nthree,r,cpu\ntwo,r,gpu\n' >m.csv
try ane two.mil --measured m.csv --json | grep -E '^\$|m.csv|"(function|name|measured|cost)"'
# A network has no types: as it is, and in half precision.
try a.mil -t neuralnetwork --target iOS14 -o n.mlmodel
try ane n.mlmodel --require met
try ane n.mlmodel -t mlprogram --precision fp16 --require met
printf '@mb.program(input_specs=[mb.TensorSpec((1, 4), dtype=types.fp16)], opset_version=ct.target.iOS16)\ndef f(x):\n    return mb.while_loop(_cond=lambda i: mb.less(x=mb.reduce_sum(x=i), y=np.float16(9)), _body=lambda i: mb.relu(x=i), loop_vars=(x,))\n' >loop.mil
try ane loop.mil --family M5
