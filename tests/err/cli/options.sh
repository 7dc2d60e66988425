try
try run
try -D x sqrt.mil
try -MF
try --diagnostics=xml a.mil
try --max-steps many a.mil
try run --repeat 0 a.mil
try --color=sometimes a.mil
try help squart
try -o
try --frobnicate
try --pases=x a.mil
try a.mil b.mil
try ops add sub
try ops --xml
try ops add --man
try -D x=1 run a.mil
try ops squart
try ops scaled_dot
try ane a.mlpackage
try -t coreml "$here/sqrt.milx"
try --target iOS99 a.mil
try --precision fp8 a.mil
try --print-after=nop a.mil
try --print-after=noop_eliminatoin a.mil
try missing.mil
try run missing.mlpackage
try nosuch
try rnu
try run -q --foo a.mil
try dump -i in.npz a.mil
try help run check
try help ane
try ops -h
