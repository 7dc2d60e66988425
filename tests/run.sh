#!/bin/sh
# run.sh: the tests of `make check`.
#   tests/unit/test_*.c          programs that link the library
#   tests/**/*.mil, examples/    scripts: what they print, their models, their numbers
#   tests/err/**                 wrong scripts, in lists NAME.cases or alone, and commands
#   tests/err/check_coverage.py  every message has a test
#   tests/faults.py              every message has a row that says what a script catches
#   tests/ane/sweep.py           what is expected of single operations, and what was measured
#   tests/man.py                 the examples of the manual pages
#   tests/gen_builder.py         what the scripts of tests/builder were made of
#   tests/builder/numbers.py     what networks compute, against formulas
#   tests/gen_rewrites.py        programs made for the rewrites for the Neural Engine
#   tests/kernels.py             fast kernels: the same bits everywhere, near to the reference
#   tests/gen_passes.py          random programs through every pass, and computed in every way
#   tests/plant/run.sh --check   the faults that passes are given still apply
#   tests/ane/check.py           what `milc ane` says
#   tests/lib/run.sh             the installed library: from C, from C++, what it exports
#   tests/browser.py             pages in headless Chromium, where it is installed
# tests/cases.py runs those that are no unit tests and says what the files are.
# Prints only what failed: how to run it alone, what was expected, what came; and the count. A test
# that does not say how it ended has failed. FILTER=REGEX limits to cases whose name matches:
# FILTER=ops/conv, FILTER='str.cases:center-fill$'. ACCEPT=1 writes what came into the files of what
# is expected and does nothing else.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
export BUILD
MILC=$BUILD/milc
export MILC
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Unit tests: programs that end with "N passed, N failed".
unit_test() { # tests/unit/NAME.c
	program=${BUILD#"$PWD/"}/unit/$(basename "$1" .c)
	if ! [ -x "$program" ]; then
		echo "$1: not built: 'make check' builds it" >&2
		return 1
	fi
	timeout 600 "$program" >"$tmp/unit.log" 2>&1 && return
	echo "$1: exit status $?; alone: $program" >&2
	tail -40 "$tmp/unit.log" >&2
	return 1
}

# python FILE…: what it prints; its own failure is one more.
python() {
	if ! command -v python3 >/dev/null; then
		echo "FAILED $1: python3 is not installed"
		return
	fi
	python3 "$@" >"$tmp/python"
	status=$?
	cat "$tmp/python"
	[ $status = 0 ] || grep -q '^FAILED' "$tmp/python" || echo "FAILED $1: exit status $status"
}

if ! [ -x "$MILC" ]; then
	echo "$MILC is not built: run make" >&2
	exit 2
fi
find tests/unit -name 'test_*.c' | grep -E "${FILTER:-.}" | sort >"$tmp/units"
[ -z "${ACCEPT:-}" ] || : >"$tmp/units"
while read -r t; do
	if unit_test "$t"; then echo "ok $t"; else echo "FAILED $t"; fi
done <"$tmp/units" >"$tmp/said" 2>"$tmp/log"
python tests/cases.py >>"$tmp/said" 2>>"$tmp/log"
if [ -z "${FILTER:-}${ACCEPT:-}" ]; then
	STRICT=1 python tests/err/check_coverage.py >"$tmp/messages" 2>>"$tmp/log"
	grep -E '^(ok|FAILED) ' "$tmp/messages" >>"$tmp/said"
	grep -E '^  |^messages' "$tmp/messages" >>"$tmp/log"
	python tests/faults.py >"$tmp/faults" 2>>"$tmp/log"
	grep -E '^(ok|FAILED) ' "$tmp/faults" >>"$tmp/said"
	grep '^  ' "$tmp/faults" >>"$tmp/log"
	python tests/ane/sweep.py >>"$tmp/said" 2>>"$tmp/log"
	python tests/man.py >>"$tmp/said" 2>>"$tmp/log"
	python tests/gen_builder.py --check >>"$tmp/said" 2>>"$tmp/log"
	python tests/builder/numbers.py >>"$tmp/said" 2>>"$tmp/log"
	python tests/gen_rewrites.py --every 4 >>"$tmp/said" 2>>"$tmp/log"
	case $BUILD in */asan) every=32 ;; *) every=1 ;; esac # sanitizers take ten times as long
	python tests/kernels.py "$MILC" --count 2 --every $every >>"$tmp/said" 2>>"$tmp/log"
	python tests/gen_passes.py --count 60 >>"$tmp/said" 2>>"$tmp/log"
	python tests/gen_passes.py --kernels --count 20 >>"$tmp/said" 2>>"$tmp/log"
	tests/plant/run.sh --check >>"$tmp/said" 2>>"$tmp/log"
	python tests/ane/check.py >>"$tmp/said" 2>>"$tmp/log"
	tests/lib/run.sh >>"$tmp/said" 2>>"$tmp/log"
	python tests/browser.py "$MILC" "$BUILD/site" >>"$tmp/said" 2>>"$tmp/log"
fi

cat "$tmp/log"
grep '^FAILED' "$tmp/said"
passed=$(grep -c '^ok' "$tmp/said")
failed=$(grep -c '^FAILED' "$tmp/said")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
