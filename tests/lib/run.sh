#!/bin/bash
# run.sh: the library as its users have it: make install into a folder, pkg-config, a C++ program,
# the example of the README, and the names that libmilc.so exports. Prints `ok NAME` or `FAILED NAME`.
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
	nm -D --defined-only "$BUILD/libmilc.so" | awk '$2 == "T" { sub("@.*", "", $3); print $3 }' | sort >"$tmp/exported"
	grep -oE 'MILC_API [^;]*\(' src/api/milc.h | grep -oE 'milc_[a-z_]+\(' | tr -d '(' | sort >"$tmp/declared"
	nm -D --defined-only "$BUILD/libmilc.so" | awk '$2 != "T" && $2 != "A" && $2 != "w"' | grep . && return 1
	diff "$tmp/declared" "$tmp/exported"
}

# compile OUT COMPILER SOURCE FLAGS…
compile() {
	local flags
	flags=$(PKG_CONFIG_PATH=$tmp/usr/lib/pkgconfig pkg-config --cflags --libs milc) || return
	# shellcheck disable=SC2086
	"$2" "${@:4}" -o "$1" "$3" $flags $SANITIZE -Wl,-rpath,"$tmp/usr/lib"
}

cxx() {
	compile "$tmp/cxx" c++ tests/lib/cxx.cc -std=c++17 -Wall -Wextra -Wpedantic -Werror &&
		"$tmp/cxx" | diff - <(echo 'root of 4, 9: 2, 3')
}

readme() {
	sed -n '/^## As a library/,/^## /p' README.md | sed -n '/^```c$/,/^```$/p' | sed '1d;$d' >"$tmp/example.c"
	printf '@mb.program(input_specs=[mb.TensorSpec(shape=(2,))])\ndef prog(x):\n    return mb.sqrt(x=x)\n' >"$tmp/sqrt.mil"
	compile "$tmp/example" cc "$tmp/example.c" -std=c11 -Wall -Wextra -Wpedantic -Werror &&
		(cd "$tmp" && ./example) && [ -f "$tmp/sqrt.mlpackage/Manifest.json" ]
}

check install install
check exports exports
check readme readme
if command -v c++ >/dev/null; then
	check cxx cxx
else
	echo 'tests/lib/run.sh: no c++: milc.h was not compiled as C++' >&2
fi
