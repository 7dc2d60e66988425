try probe conv --grid k=3,13,15,16 --grid h=3 --grid s=1 --grid dtype=fp16 -o conv
ls conv
cat conv/conv_k13.mil conv/Makefile conv/results.csv
try conv/conv_k13.mil -o k13.mlpackage
try ane --family M5 k13.mlpackage --json >json && grep -E '"(name|verdict|expected)"' json
try probe gelu --grid mode=TANH_APPROXIMATION --grid S=-1.5 -o words
try probe gelu --grid mode=TANH_APPROXIMATION --grid S=64 --family H13 -o words
cat words/results.csv words/gelu_S64_modeTANH-APPROXIMATION_dtypefp32.mil

cat >measured.csv <<'END'
file,function,op,device,cost
conv,main,conv,MLNeuralEngineComputeDevice,0.25
conv_k13,main,conv,ane,0.5
conv_k13,main,x,cpu,0.5
conv_k15.mlmodelc,main,conv,cpu,1
../conv/conv_k16.mlpackage,main,conv,GPU,
conv_k17,main,conv,,
reduce_prod,main,reduce_prod,cpu,
fill,main,fill,cpu,
batch_to_space,main,batch_to_space,ane,
batch_to_space_b3,main,batch_to_space,cpu,
batch_to_space_b4,main,batch_to_space,ane,
batch_to_space_b3_dtypefp32,main,batch_to_space,ane,
END
try probe --merge measured.csv
try probe --merge conv/results.csv
head -4 measured.csv >few.csv
try probe --merge few.csv --json

try probe
try probe conv
try probe conv -o -
try probe conv relu -o out
try probe conv --swift
try probe --merge few.csv --swift
try probe convv -o out
try probe mx -o out
try probe const -o out
try probe conv -o conv
try probe conv --grid width=3 -o out
try probe conv --grid k -o out
try probe conv --grid =3 -o out
try probe conv --grid k=3,,4 -o out
try probe conv --grid 'k=(3, 3)' -o out
try probe conv --grid k=3,1,3 -o out
try probe conv --grid k=3 --grid h=3 --grid k=3 -o out
try probe conv --grid C=1,2,3,4,5,6,7,8,9,10 --grid N=1,2,3,4,5,6,7,8,9,10 --grid H=1,2,3,4,5,6,7,8,9,10 -o out
try probe all --grid k=3 -o out
try probe conv --family all -o out
try probe avg_pool --grid k=3,70 --grid h=3 --grid s=1 -o out
try probe --merge none.csv
: >m.csv
try probe --merge m.csv
echo 'file,device' >m.csv
try probe --merge m.csv
printf 'file,op,device\nconv,conv\n' >m.csv
try probe --merge m.csv
printf 'file,op,device\nconv,conv,tpu\n' >m.csv
try probe --merge m.csv
printf 'file,op,device,cost\nconv,x,cpu,lots\n' >m.csv
try probe --merge m.csv
printf 'file,op,device,cost\nconv,conv,cpu,-1\n' >m.csv
try probe --merge m.csv
printf 'file,op,device,device\nconv,conv,cpu,ane\n' >m.csv
try probe --merge m.csv
# the same twice, with what is around it; then a line that says something else
printf 'file,op,device,cost\nconv,conv,cpu,0.5\nconv.mil,conv,MLCPUComputeDevice,0.50\n' >m.csv
printf 'conv,conv,,\nconv,x,ane,0\n' >>m.csv
try probe --merge m.csv
printf 'conv.mlpackage,conv,ane,0.5\n' >>m.csv
try probe --merge m.csv
printf 'file,op,device,cost\nconv,conv,cpu,0.5\nconv,conv,cpu,\n' >m.csv
try probe --merge m.csv
printf 'file,op,device\nmy_model,conv,cpu\n' >m.csv
try probe --merge m.csv
printf 'file,op,device\navg_pool_k70,avg_pool,cpu\n' >m.csv
try probe --merge m.csv
try probe --swift
ls
