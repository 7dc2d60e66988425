# Signals that end milc while it writes, and files that may not grow: nothing stays behind.
cat >big.mil <<'END'
import numpy as np

@mb.program(input_specs=[mb.TensorSpec(shape=(1024,))])
def f(x):
    return mb.add(x=x, y=np.ones((32, 512, 1024), np.float32), name="y")

mlmodel = ct.convert(f, compute_precision=ct.precision.FLOAT32)
END

# Ends milc as soon as it writes; again, should it have been faster.
end_by() { # SIGNAL
	status=0 env=
	env --default-signal="$1" true 2>/dev/null && env="env --default-signal=$1" # nohup ignores HUP
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		$env "$MILC" big.mil -o big.mlpackage 2>/dev/null &
		while kill -0 $! 2>/dev/null; do
			for f in .big.mlpackage.milc-*; do
				[ ! -e "$f" ] || kill -s "$1" $! 2>/dev/null
			done
		done
		wait $! 2>/dev/null
		status=$?
		[ $status = 0 ] || break
		rm -rf big.mlpackage
	done
	echo "$1: status $status, left: $(ls -Ax)"
}

end_by TERM
end_by HUP
(
	ulimit -f 1000
	try big.mil -o big.mlpackage
)
ls -A
try big.mil -o ""
"$MILC" --help >/dev/full
echo "status $?"
"$MILC" run big.mil >/dev/full
echo "status $?"
"$MILC" ops >&-
echo "status $?"
"$MILC" --version >/dev/full
echo "status $?"
"$MILC" --print-passes >/dev/full
echo "status $?"
