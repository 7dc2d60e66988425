#!/bin/sh
# run.sh: the tests of `make check`. The suffix of a script's sibling chooses what is done with it:
#   NAME.out   what `milc NAME.mil` prints while it compiles
#   NAME.err   the diagnostics of a wrong script: exit status 1 and nothing written
#   NAME.txt   MIL text: milc -S NAME.mil
#   NAME.run   what `milc run --seed 1 NAME.mil` prints
# tests/err/NAME.sh holds commands instead, and NAME.err what they print.
# A first line `# milc: OPTIONS` adds options. Every script that compiles is also compiled twice
# (same bytes), verified after each pass, and run before and after the passes.
# The unit tests, the messages without a test (err/check_coverage.py) and the examples of the manual
# pages (man.py) follow. Prints only what failed, and the count: a test that does not say how it
# ended has failed. ACCEPT=1 rewrites the expected files and does nothing else. FILTER=words limits
# to paths with one of them.
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
unit_test() { # tests/unit/NAME.c
	if ! [ -x "$BUILD/unit/$(basename "$1" .c)" ]; then
		echo "$1: not built: 'make check' builds it" >&2
		return 1
	fi
	timeout 600 "$BUILD/unit/$(basename "$1" .c)" >"$tmp/unit.log" 2>&1 && return
	echo "$1: exit status $?" >&2
	tail -20 "$tmp/unit.log" >&2
	return 1
}

# python FILE…: what it prints; its own failure is one more.
python() {
	if ! command -v python3 >/dev/null; then
		echo "FAILED $1: python3 is not installed"
		return
	fi
	python3 "$@"
	status=$?
	[ $status -le 1 ] || echo "FAILED $1: exit status $status"
}

if ! [ -x "$MILC" ]; then
	echo "$MILC is not built: run make" >&2
	exit 2
fi
{
	find tests examples -name '*.mil'
	find tests/err -name '*.sh'
	[ -n "${ACCEPT:-}" ] || find tests/unit -name 'test_*.c'
} | grep -E "${FILTER:-.}" | sort >"$tmp/started"
grep '\.c$' "$tmp/started" | while read -r t; do
	if unit_test "$t"; then echo "ok $t"; else echo "FAILED $t"; fi
done >"$tmp/said" 2>"$tmp/log"
grep -v '\.c$' "$tmp/started" |
	xargs -P "$jobs" -n 16 timeout 1800 tests/one.sh >>"$tmp/said" 2>>"$tmp/log"

# Who started and said nothing crashed or hung.
sed 's/^[^ ]* //' "$tmp/said" | sort | comm -13 - "$tmp/started" | while read -r t; do
	echo "$t: did not end" >>"$tmp/log"
	echo "FAILED $t"
done >"$tmp/silent"
cat "$tmp/silent" >>"$tmp/said"
if [ -z "${FILTER:-}${ACCEPT:-}" ]; then
	STRICT=1 python tests/err/check_coverage.py >"$tmp/messages" 2>>"$tmp/log"
	grep -E '^(ok|FAILED) ' "$tmp/messages" >>"$tmp/said"
	grep -E '^  |^messages' "$tmp/messages" >>"$tmp/log"
	python tests/man.py >>"$tmp/said" 2>>"$tmp/log"
fi

cat "$tmp/log"
grep '^FAILED' "$tmp/said"
passed=$(grep -c '^ok' "$tmp/said")
failed=$(grep -c '^FAILED' "$tmp/said")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
