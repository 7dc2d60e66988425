#!/bin/sh
# bench.sh: times and memory of whole processes, and their ratio to coremltools on the same scripts
# in the same run (machines differ and are noisy, so ratios count). Nothing here fails.
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
tests/venv.sh || exit 3
build/venv/bin/python tests/bench.py "$BUILD/milc" "$@" || exit 1
build/venv/bin/python tests/bench_language.py "$BUILD/milc" || exit 1
# Files of PyTorch, where a Python with it was made (make check-torch) or is named.
python=${TORCH_PYTHON:-build/torch/bin/python}
[ ! -x "$python" ] || PYTHONPATH=${TORCH_PEER:-} "$python" tests/torch/bench.py "$BUILD/milc"
