#!/bin/sh
# one.sh SCRIPT…: tests scripts as run.sh says; one line `ok NAME` or `FAILED NAME` each, and the
# difference on standard error. Works inside the script's folder, so that paths in messages are
# bare. A NAME.sh is sourced in an empty folder, with $here for its own; `try ARGUMENT…` runs milc
# and shows the command and its exit status.
MILC=${MILC:-$PWD/build/milc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

same() { # EXPECTED ACTUAL
	if [ -n "${ACCEPT:-}" ]; then
		cp "$2" "$1"
		return 0
	fi
	diff -u "$1" "$2" >"$tmp/diff" 2>&1 && return 0
	cat "$tmp/diff" >&2
	return 1
}

try() { # ARGUMENT…
	echo "\$ milc $*" | sed "s|$here/||g"
	timeout 120 "$MILC" "$@" >"$tmp/out" 2>&1
	status=$?
	sed "s|$here/||g" "$tmp/out"
	[ $status = 0 ] || echo "(exit status $status)"
}

test_commands() { # NAME.sh
	here=$(cd "$(dirname "$1")" && pwd)
	rm -rf "$tmp/empty"
	mkdir "$tmp/empty" && cd "$tmp/empty" || return 1
	# shellcheck disable=SC1090
	. "$here/$(basename "$1")" >"$tmp/said" 2>&1
	same "$here/$(basename "$1" .sh).err" "$tmp/said"
}

test_one() {
	case $1 in *.sh)
		test_commands "$1"
		return
		;;
	esac
	dir=$(dirname "$1") base=$(basename "$1" .mil)
	opts=$(sed -n '1s/^# milc: //p' "$1")
	rm -rf "$tmp"/o*
	cd "$dir" || return 1
	if [ -e "$base.err" ]; then
		# shellcheck disable=SC2086
		timeout 120 "$MILC" "$base.mil" $opts -o "$tmp/o.mlpackage" \
			>"$tmp/stdout" 2>"$tmp/stderr"
		status=$?
		same "$base.err" "$tmp/stderr" || return 1
		if [ $status = 0 ] || [ $status -gt 3 ] || [ -e "$tmp/o.mlpackage" ]; then
			echo "$1: exit status $status, or an output was left" >&2
			return 1
		fi
		return 0
	fi
	for n in 1 2; do
		# shellcheck disable=SC2086
		if ! timeout 120 "$MILC" "$base.mil" $opts -o "$tmp/o$n/" \
			>"$tmp/stdout$n" 2>"$tmp/stderr"; then
			echo "$1: does not compile" >&2
			cat "$tmp/stderr" >&2
			return 1
		fi
	done
	if ! diff -r "$tmp/o1" "$tmp/o2" >/dev/null; then
		echo "$1: two compilations differ" >&2
		return 1
	fi
	if [ -e "$base.out" ]; then
		same "$base.out" "$tmp/stdout1" || return 1
	fi
	if [ -e "$base.txt" ]; then
		# shellcheck disable=SC2086
		timeout 120 "$MILC" -S $opts "$base.mil" -o "$tmp/o.txt.mil" >/dev/null 2>&1 || {
			echo "$1: -S: exit status $?" >&2
			return 1
		}
		same "$base.txt" "$tmp/o.txt.mil" || return 1
	fi
	if [ -e "$base.run" ]; then
		# shellcheck disable=SC2086
		timeout 120 "$MILC" run --seed 1 $opts "$base.mil" >"$tmp/run" 2>&1 || {
			echo "$1: run: exit status $?" >&2
			return 1
		}
		same "$base.run" "$tmp/run" || return 1
	fi
	# shellcheck disable=SC2086
	if ! timeout 120 "$MILC" --verify-passes $opts "$base.mil" -o "$tmp/o3/" \
		>/dev/null 2>"$tmp/stderr"; then
		echo "$1: --verify-passes" >&2
		cat "$tmp/stderr" >&2
		return 1
	fi
}

top=$PWD
for f in "$@"; do
	if (test_one "$f"); then
		echo "ok $f"
	else
		echo "FAILED $f"
	fi
	cd "$top" || exit 2
done
