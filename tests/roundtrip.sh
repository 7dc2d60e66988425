#!/bin/sh
# roundtrip.sh [FOLDER…]: roundtrip.py over the folders; without any over models that are made here, in
# both forms, of tests/lang and examples, and over the material beside the checkout where there is some.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ $# = 0 ]; then
	for f in tests/lang/*.mil examples/*.mil; do
		name=$(basename "$f" .mil)
		"$BUILD/milc" "$f" -o "$tmp/$name/" >/dev/null 2>&1
		"$BUILD/milc" "$f" -t neuralnetwork --target iOS14 -o "$tmp/$name.mlmodel" >/dev/null 2>&1
	done
	set -- "$tmp"
	shared=${MILC_SHARED:-../shared}
	for d in "$shared/samples" "$shared/corpus"; do
		[ ! -d "$d" ] || set -- "$@" "$d"
	done
fi
python3 tests/roundtrip.py "$BUILD" "$@"
