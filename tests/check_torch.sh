#!/bin/sh
# check_torch.sh [FIRST [COUNT]]: modules that nobody wrote, saved by PyTorch both ways, through milc and
# through coremltools (tests/torch/check.py). Makes a Python with PyTorch in build/torch once; TORCH_PEER
# names a tree of coremltools' main branch, with the libraries of its wheel in it, to be the peer instead of
# the released one; TORCH_PYTHON a Python that has PyTorch already.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
compare=${MILC_SHARED:-../shared}/conformance/compare.py
[ -f "$compare" ] || { echo "check-torch: no $compare: nothing compared"; exit 0; }
python=${TORCH_PYTHON:-build/torch/bin/python}
if ! "$python" -c 'import torch, coremltools' 2>/dev/null; then
	python=build/torch/bin/python
	python3 -m venv build/torch &&
		build/torch/bin/pip install -q 'torch==2.13.0' 'coremltools==9.0' 'numpy>=2,<2.5' || {
		echo "check-torch: PyTorch cannot be had here: nothing compared"
		exit 0
	}
fi
PYTHONPATH=${TORCH_PEER:-} exec "$python" -W ignore tests/torch/check.py "$BUILD/milc" "$compare" "$@"
