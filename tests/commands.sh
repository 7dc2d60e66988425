#!/bin/sh
# commands.sh NAME.sh: sources it in an empty folder. There $here is the folder of NAME.sh, $top
# that of the repository; `try ARGUMENT…` runs milc and shows the command, what it says and its exit
# status.
here=$(cd "$(dirname "$1")" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/empty" && cd "$tmp/empty" || exit 2

try() { # ARGUMENT…
	echo "\$ milc $*" | sed "s|$here/||g"
	timeout 120 "$MILC" "$@" >"$tmp/out" 2>&1
	status=$?
	sed "s|$here/||g" "$tmp/out"
	[ $status = 0 ] || echo "(exit status $status)"
}

# shellcheck disable=SC1090,SC2034
. "$here/$(basename "$1")"
