#!/bin/sh
# dump.sh [FOLDER…]: dump.py over the folders; without any over the material beside the checkout, compared by
# its compare.py. What milc itself compiles is dumped and compared byte for byte by tests/cases.py.
# Needs the package index once, for build/venv.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
shared=${MILC_SHARED:-../shared}
compare=$shared/conformance/compare.py
[ -f "$compare" ] || { echo "dump-roundtrip: no $compare: nothing compared"; exit 0; }
tests/venv.sh || exit 3
[ $# != 0 ] || set -- "$shared/samples" "$shared/corpus"
build/venv/bin/python -W ignore tests/dump.py "$BUILD/milc" "$compare" "$@" 2>/dev/null
