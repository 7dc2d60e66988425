#!/bin/sh
# conform.sh: the corpus of programs with known answers, where it is at hand (MILC_CORPUS, or
# ../shared/corpus beside the checkout). ONLY=groups limits it; prints the totals.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
shared=${MILC_SHARED:-../shared}
corpus=${MILC_CORPUS:-$shared/corpus}
if [ ! -f "$shared/conformance/conform.py" ] || [ ! -d "$corpus" ]; then
	echo "conform: no corpus at $corpus: nothing compared"
	exit 0
fi
tests/venv.sh || exit 3
# Groups with the least rate that each column must have.
exec build/venv/bin/python tests/conform.py "$shared/conformance/conform.py" "$corpus" "$BUILD/milc"
