#!/bin/sh
# demo.sh: compiles examples/sqrt.mil, shows what became of it, and runs the package on numbers.
set -eu
cd "$(dirname "$0")/.."
milc=${BUILD:-build}/milc
case $milc in /*) ;; *) milc=$PWD/$milc ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp examples/sqrt.mil "$dir"
cd "$dir"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

say 'The script, sqrt.mil:'
cat sqrt.mil

say 'milc -S sqrt.mil: the program after the passes, as MIL text'
"$milc" -S sqrt.mil
echo

say 'milc sqrt.mil: the package'
"$milc" sqrt.mil
find sqrt.mlpackage -type f -exec wc -c {} +

# Numbers to run it on: the output x of a script that passes its random input on.
cat >numbers.mil <<'END'
@mb.program(input_specs=[mb.TensorSpec(shape=(512, 640))])
def f(random):
    return mb.identity(x=random, name="x")
END
say 'The input, numbers from 0 to 1:'
"$milc" run --precision fp32 --seed 1 numbers.mil
"$milc" run --precision fp32 --seed 1 numbers.mil -o in.npz

say 'milc run sqrt.mlpackage -i in.npz: their square roots, in half precision'
"$milc" run sqrt.mlpackage -i in.npz
