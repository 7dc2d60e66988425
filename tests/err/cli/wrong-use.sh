printf '@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])\ndef f(x):\n    return mb.relu(x=x)\n' >a.mil
try --program other a.mil
try a.mil -o a.mlmodelc
try a.mil -o a.png
try a.mil -o a.svg --color-by verdict
try a.mil -o a.svg --color-by taste
try a.mil -S -o a.svg
try a.mil -S -o a.mlpackage
try -D 1N=2 a.mil
try -D N=2 a.mil
try comple a.mil
try ruun a.mil
try a.mil -o a.svg --color-by verdict --family all
try a.mil -o a.svg --color-by verdict --family M5
try a.mil -o a.svg --family all
try ops relu add
try ops relu --html pages
try ops --html pages --torch
try ops --json --html pages
mkdir pages && echo mine >pages/notes.txt
try ops --html pages
rm pages/notes.txt
try ops --html pages
echo mine >pages/notes.txt
try ops --html pages
rm -r pages
ls
try ops --torch rely
try ops --torch qqqqqqqqq
