#!/bin/sh
# check_peer.sh: runs every example and every test script in CPython with coremltools too, and
# compares what both print and both models; then a sample of generated programs (gen_check.py), and what
# a script catches of each message (check_faults.py).
# Needs the package index once, for build/venv.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
compare=${MILC_SHARED:-../shared}/conformance/compare.py
[ -f "$compare" ] || { echo "check-peer: no $compare: nothing compared"; exit 0; }
tests/venv.sh || exit 3
build/venv/bin/python -W ignore tests/check_peer.py "$BUILD/milc" "$compare" "$@"
status=$?
if [ $# = 0 ]; then # and programs that nobody wrote
	set -- "$BUILD/milc" "$compare" 1 60
	build/venv/bin/python -W ignore tests/gen_check.py "$@" --numbers || status=1
	MILC=$BUILD/milc python3 -W ignore tests/gen_python.py --count 60 2>/dev/null || status=1
	build/venv/bin/python -W ignore tests/check_faults.py "$BUILD/milc" --every 16 || status=1
fi
exit $status
