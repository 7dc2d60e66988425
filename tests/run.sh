#!/bin/sh
# run.sh: the tests of `make check`. The suffix of a script's sibling chooses what is done with it:
#   NAME.out   what `milc NAME.mil` prints while it compiles
#   NAME.err   the diagnostics of a wrong script: exit status 1 and nothing written
#   NAME.txt   MIL text: milc -S NAME.mil
#   NAME.run   what `milc run --seed 1 NAME.mil` prints
# tests/err/NAME.sh holds commands instead, and NAME.err what they print.
# A first line `# milc: OPTIONS` adds options. Every script that compiles is also compiled twice
# (same bytes), verified after each pass, and run before and after the passes.
# ACCEPT=1 rewrites the expected files. FILTER=words limits to paths with one of them.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
export BUILD
MILC=$BUILD/milc
export MILC
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
jobs=$(nproc 2>/dev/null || echo 2)

# Unit tests: programs that end with "N passed, N failed".
for t in "$BUILD"/unit/test_*; do
	[ -x "$t" ] && [ -f "tests/unit/$(basename "$t").c" ] || continue
	if timeout 600 "$t" >"$tmp/unit.log" 2>&1; then
		echo "ok $(basename "$t")"
	else
		echo "FAILED $(basename "$t")"
		tail -20 "$tmp/unit.log" >&2
	fi
done >"$tmp/units"

{
	find tests examples -name '*.mil'
	find tests/err -name '*.sh'
} | sort >"$tmp/all"
if [ -n "${FILTER:-}" ]; then
	grep -E "$FILTER" "$tmp/all" >"$tmp/some"
	mv "$tmp/some" "$tmp/all"
fi
xargs -P "$jobs" -n 16 tests/one.sh <"$tmp/all" >"$tmp/scripts" 2>"$tmp/log"
python3 tests/err/check_coverage.py >>"$tmp/scripts" 2>>"$tmp/log" || true
python3 tests/man.py >>"$tmp/scripts" 2>>"$tmp/log" || true

cat "$tmp/log"
cat "$tmp/units" "$tmp/scripts" | grep '^FAILED'
passed=$(cat "$tmp/units" "$tmp/scripts" | grep -c '^ok')
failed=$(cat "$tmp/units" "$tmp/scripts" | grep -c '^FAILED')
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
