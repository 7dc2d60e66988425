#!/bin/bash
# cross.sh: milc for other systems, and the same bytes from all of them.
#
#   aarch64-linux-musl   static; scripts and unit tests run in qemu's user mode
#   wasm32-wasi          one thread, nothing mapped; scripts run in node
#   aarch64-macos        compiled and linked only
#
# The compilers are those of the PyPI package ziglang, the libraries Debian's source packages; both
# stay in $BUILD/cross. Each script is compiled here and there; what is written and printed must be
# the same, prints but for last digits (near.py). ONLY=targets limits, COUNT=n takes n scripts
# instead of 100. BUILD_ONLY=TARGET builds milc for one and ends; `make site` does, with OPTIMIZE=-Oz.
# Where nothing can be had to build with, that is said, and is a failure only in CI. Ends with
# `N passed, N failed`.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.." || exit 2
mkdir -p "$BUILD/cross"
top=$PWD
cross=$(cd "$BUILD/cross" && pwd)
milc=$(cd "$BUILD" && pwd)/milc
export ZIG_GLOBAL_CACHE_DIR=$cross/cache ZIG_LOCAL_CACHE_DIR=$cross/cache
passed=0 failed=0
jobs=$(nproc 2>/dev/null || echo 2) count=${COUNT:-100}

count() { # 0 or 1, what
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $2"
	fi
}

install_missing() { # command, package
	command -v "$1" >/dev/null && return
	local sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -qq
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

get_compilers() {
	[ -x "$cross/zig/bin/python" ] || python3 -m venv "$cross/zig" || return
	zig=$("$cross/zig/bin/python" -c 'import ziglang; print(ziglang.__path__[0])' 2>/dev/null)/zig
	[ -x "$zig" ] && return
	"$cross/zig/bin/pip" install -q ziglang || return
	zig=$("$cross/zig/bin/python" -c 'import ziglang; print(ziglang.__path__[0])')/zig
}

# The newest version of one that can be had: lists may name what a mirror has not yet.
get_source() {
	local name=$1 version
	shift
	apt-get "$@" source "$name" >"$apt/log" 2>&1 && return
	for version in $(apt-cache "$@" showsrc "$name" 2>/dev/null | sed -n 's/^Version: //p' | sort -Vru); do
		rm -rf "$name"-* "$name"_*
		apt-get "$@" source "$name=$version" >>"$apt/log" 2>&1 && return
	done
	return 1
}

# The libraries' sources, from where this system gets its packages: a list of its own says so.
get_sources() {
	local apt=$cross/apt list name
	[ -f "$cross/src/done" ] && return
	install_missing dpkg-source dpkg-dev
	rm -rf "$apt" "$cross/src"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$cross/src"
	for list in /etc/apt/sources.list.d/*.sources; do
		[ -f "$list" ] && sed 's/^Types:.*/Types: deb-src/' "$list" && echo
	done >"$apt/all.sources"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^deb \(\[[^]]*\] *\)\{0,1\}/deb-src \1/p' >"$apt/all.list"
	list=$apt/all.sources
	grep -q deb-src "$list" || list=$apt/all.list
	set -- -qq -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root
	apt-get "$@" update || return
	for name in protobuf-c zlib jansson xxhash pcre2; do
		(cd "$cross/src" && get_source "$name" "$@") || { cat "$apt/log"; return 1; }
	done
	touch "$cross/src/done"
}

# build_libraries TARGET: lib.a and include/ in $cross/TARGET.
build_libraries() {
	local dir=$cross/$1 src=$cross/src pcre f
	[ -f "$dir/lib.a" ] && return
	mkdir -p "$dir/lib" "$dir/include/protobuf-c"
	cp "$src"/protobuf-c-*/protobuf-c/protobuf-c.h "$dir/include/protobuf-c/"
	cp "$src"/zlib-*/z*.h "$src"/jansson-*/src/jansson.h "$src"/xxhash-*/xxhash.h "$dir/include/"
	sed 's/@json_inline@/inline/; s/@json_have_localeconv@/0/; s/@json_have_[a-z_]*@/1/' \
		"$src"/jansson-*/src/jansson_config.h.in >"$dir/include/jansson_config.h"
	: >"$dir/include/jansson_private_config.h"
	pcre=$(echo "$src"/pcre2-*/src)
	cp "$pcre/pcre2.h.generic" "$dir/include/pcre2.h"
	cp "$pcre/config.h.generic" "$dir/include/config.h"
	cp "$pcre/pcre2_chartables.c.dist" "$dir/lib/pcre2_chartables.c"
	for f in "$dir/lib/pcre2_chartables.c" \
		"$pcre"/pcre2_{auto_possess,compile,config,context,error,extuni,find_bracket,jit_compile}.c \
		"$pcre"/pcre2_{match,match_data,newline,ord2utf,pattern_info,script_run,string_utils,study}.c \
		"$pcre"/pcre2_{tables,ucd,valid_utf,xclass}.c; do
		# shellcheck disable=SC2086
		$CC -O1 -w -DHAVE_CONFIG_H -DPCRE2_STATIC -DPCRE2_CODE_UNIT_WIDTH=8 -DSUPPORT_UNICODE \
			-I"$dir/include" -I"$pcre" -c "$f" -o "$dir/lib/$(basename "$f" .c).o" || return
	done
	for f in "$src"/protobuf-c-*/protobuf-c/protobuf-c.c "$src"/jansson-*/src/*.c \
		"$src"/zlib-*/{adler32,compress,crc32,deflate,inf{back,fast,late,trees},trees,uncompr,zutil}.c; do
		# shellcheck disable=SC2086
		$CC -O1 -w -DHAVE_STDINT_H -Dfdopen=fdopen -I"$dir/include" -I"$(dirname "$f")/.." -c "$f" \
			-o "$dir/lib/$(basename "$f" .c).o" || return
	done
	"$zig" ar qcs "$dir/lib.a" "$dir"/lib/*.o
}

# build TARGET LDFLAGS WHAT…: those of the Makefile, below $cross/TARGET.
build() {
	local target=$1 ldflags=$2 dir=$cross/$1 what=()
	shift 2
	for f in "$@"; do what+=("$dir/$f"); done
	CC="$zig cc -target $target"
	build_libraries "$target" &&
		make -j"$jobs" BUILD="$dir" CC="$CC" AR="$zig ar" PIC= \
			CFLAGS="${OPTIMIZE:--O1} -fno-sanitize=undefined" \
			LDFLAGS="$ldflags" PKGFLAGS="-I$dir/include" PKGLIBS="$dir/lib.a" "${what[@]}" \
			>"$dir/log" 2>&1
	local status=$?
	[ $status = 0 ] || tail -n 30 "$dir/log"
	count $status "$target: build"
	return $status
}

spread() { # so many of the lines, from everywhere
	awk -v want="$1" '{ line[NR] = $0 }
		END {
			if (want > NR) want = NR
			for (i = 0; i < want; i++) print line[int(i * NR / want) + 1]
		}'
}

# Numbered scripts: some of each part of the corpus, else our own.
choose() {
	local corpus=${MILC_CORPUS:-${MILC_SHARED:-../shared}/corpus}
	if [ -d "$corpus" ]; then
		find "$(cd "$corpus" && pwd)" -name '*.mil' | sort
	else
		find "$top/tests" "$top/examples" -name '*.mil' | grep -v /tests/err/ | sort
	fi | spread $((2 * count)) | awk '{ print NR, $0 }'
}

# one NAME N SCRIPT COMMAND…: compiles and runs a script; what comes of it goes to out/NAME/N. All
# of them see the same paths, which are absolute: WASI knows no current folder.
one() {
	local work=$cross/objects/$2 to=$cross/out/$1/$2 script=$3
	shift 3
	rm -rf "$work"
	mkdir -p "$work"
	cd "$work" || return
	timeout 120 "$@" -o "$work/model.mlpackage" "$script" >out 2>err </dev/null
	echo $? >status
	timeout 120 "$@" run --seed 1 "$script" >run 2>run.err </dev/null
	echo $? >>status
	mv "$work" "$to"
}

# compile NAME COMMAND…: every chosen script.
compile() {
	rm -rf "$cross/out/$1"
	mkdir -p "$cross/out/$1"
	export -f one
	export cross
	sed "s/^\([0-9]*\) /$1\n\1\n/" "$cross/scripts" |
		xargs -d '\n' -n 3 -P "$jobs" bash -c 'one "${@: -3}" "${@:1:$#-3}"' _ "${@:2}"
}

# same FOLDER FOLDER: models to the byte; what is printed but for the last bit of logarithms.
same() {
	diff -r "$1" "$2" ||
		{ diff -r -x out -x run "$1" "$2" && "$top/tests/near.py" "$1/out" "$2/out" &&
			"$top/tests/near.py" "$1/run" "$2/run"; }
}

compare() { # NAME COMMAND…
	local name=$1 n script
	compile "$@"
	while read -r n script; do
		same "$cross/out/here/$n" "$cross/out/$name/$n" >"$cross/diff" 2>&1
		count $? "$name: $script"
		head -n 5 "$cross/diff"
	done <"$cross/scripts"
}

wanted() { case " ${ONLY:-$1} " in *" $1 "*) ;; *) false ;; esac; }

# Where there is nothing to build with: a failure only for CI, where there should be.
skip() {
	echo "cross: skipped: $1"
	[ -z "${CI:-}" ]
	failed=$?
	echo "0 passed, $failed failed"
	exit "$failed"
}

[ -x "$milc" ] || { echo "cross: $milc is missing: make builds it"; exit 2; }
command -v apt-get >/dev/null || skip "the libraries' sources come through apt-get, which is not here"
get_compilers || skip "the PyPI package ziglang cannot be installed"
get_sources || skip "Debian's source packages cannot be had"
if [ -n "${BUILD_ONLY:-}" ]; then
	build "$BUILD_ONLY" -Wl,--stack,16777216 milc
	exit
fi
choose >"$cross/scripts"
compile here "$milc"
# Those that compile: that nothing is the same everywhere says little.
while read -r n script; do
	[ "$(head -n 1 "$cross/out/here/$n/status")" != 0 ] || echo "$n $script"
done <"$cross/scripts" | spread "$count" >"$cross/good"
mv "$cross/good" "$cross/scripts"
if wanted aarch64-linux-musl; then
	units=(unit/test_{base,floatrepr,nd,tensor,blob,pb,ir,fsout,guard,eval_reduction})
	if build aarch64-linux-musl -static milc "${units[@]}" &&
		install_missing qemu-aarch64 qemu-user; then
		for u in "${units[@]}"; do
			timeout 300 qemu-aarch64 "$cross/aarch64-linux-musl/$u" >"$cross/log" 2>&1
			count $? "aarch64-linux-musl: $u"
			grep failed: "$cross/log"
		done
		compare aarch64-linux-musl qemu-aarch64 "$cross/aarch64-linux-musl/milc"
	else
		count 1 "aarch64-linux-musl: nothing run"
	fi
fi
if wanted wasm32-wasi; then
	if build wasm32-wasi -Wl,--stack,16777216 milc && install_missing node nodejs; then
		# Node 20's fast calls of WASI functions crash once the memory has grown.
		compare wasm32-wasi node --no-warnings --stack-size=3900 --no-turbo-fast-api-calls \
			"$top/tests/wasi.mjs" "$cross/wasm32-wasi/milc"
	else
		count 1 "wasm32-wasi: nothing run"
	fi
fi
wanted aarch64-macos && build aarch64-macos '' milc
echo "$passed passed, $failed failed"
[ $failed = 0 ]
