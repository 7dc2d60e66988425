#!/bin/bash
# run.sh: the library as its users have it: make install into a folder, pkg-config, a C++ program,
# the example of the README, the names that libmilc.so exports, and those that milc.3 explains.
# Prints `ok NAME` or `FAILED NAME`.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
SANITIZE=
nm -D "$BUILD/libmilc.so" | grep -q __asan_init && SANITIZE=-fsanitize=address,undefined

# check NAME COMMAND…: its output goes to standard error when it fails.
check() {
	if "${@:2}" >"$tmp/log" 2>&1; then
		echo "ok lib:$1"
	else
		echo "FAILED lib:$1"
		cat "$tmp/log" >&2
	fi
}

install() {
	make -s -o all BUILD="$BUILD" PREFIX="$tmp/usr" install
}

# The functions that milc.h declares, and no others.
exports() {
	nm -D --defined-only "$BUILD/libmilc.so" | sed -n 's/@.*//; s/.* [^A] //p' |
		sort >"$tmp/exported"
	diff "$tmp/declared" "$tmp/exported"
}

page() {
	grep -oE '^\.Fn milc_[a-z0-9_]+' man/milc.3 | cut -d' ' -f2 | sort -u | diff "$tmp/declared" -
}

# compile OUT COMPILER SOURCE FLAGS…
compile() {
	local flags
	flags=$(PKG_CONFIG_PATH=$tmp/usr/lib/pkgconfig pkg-config --cflags --libs milc) || return
	# shellcheck disable=SC2086
	"$2" "${@:4}" -o "$1" "$3" $flags $SANITIZE -Wl,-rpath,"$tmp/usr/lib"
}

# In a locale with decimal commas, where there is one.
cxx() {
	local half=0.5
	localedef -i de_DE -f UTF-8 "$tmp/de_DE.UTF-8" >/dev/null 2>&1 && half=0,5
	compile "$tmp/cxx" c++ tests/lib/cxx.cc -std=c++17 -Wall -Wextra -Wpedantic -Werror &&
		LOCPATH=$tmp LC_ALL=de_DE.UTF-8 "$tmp/cxx" |
		diff - <(echo "root of 4, 9: 2, 3; a half: $half")
}

readme() {
	sed -n '/^## As a library/,/^## /p' README.md | sed -n '/^```c$/,/^```$/p' | sed '1d;$d' \
		>"$tmp/example.c"
	cp tests/ops/sqrt.mil "$tmp/sqrt.mil"
	compile "$tmp/example" cc "$tmp/example.c" -std=c11 -Wall -Wextra -Wpedantic -Werror &&
		(cd "$tmp" && ./example) && [ -f "$tmp/sqrt.mlpackage/Manifest.json" ]
}

grep -oE 'MILC_API [^;]*\(' src/api/milc.h | grep -oE 'milc_[a-z0-9_]+\(' | tr -d '(' |
	sort >"$tmp/declared"
check install install
check exports exports
check page page
check readme readme
if command -v c++ >/dev/null; then
	check cxx cxx
else
	echo 'tests/lib/run.sh: no c++: milc.h was not compiled as C++' >&2
fi
