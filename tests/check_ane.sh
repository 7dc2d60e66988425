#!/bin/sh
# check_ane.sh [MODEL|FOLDER…]: another opinion on `milc ane` (tests/ane/judge.py) about all ML Programs of the
# corpus, where it is at hand (MILC_CORPUS, or ../shared/corpus beside the checkout), or about those given.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
corpus=${MILC_CORPUS:-${MILC_SHARED:-../shared}/corpus}
[ $# != 0 ] || set -- "$corpus/convert" "$corpus/torch"
if [ ! -e "$1" ] || [ ! -e build/venv ]; then
	echo "check-ane: no $1, or no build/venv: nothing compared"
	exit 0
fi
exec build/venv/bin/python tests/ane/judge.py "$BUILD/milc" "$@"
