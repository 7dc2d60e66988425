#!/bin/sh
# run.sh [TARGET…]: fuzzes with libFuzzer under ASan and UBSan, FUZZ_SECONDS each (60): script (lexer,
# parser, interpreter), compile (scripts through the passes and writers), model (model files), weights
# (npz, npy, safetensors), options (the command line). The seeds are the files of tests/ and examples/
# and the models made of them. Inputs that fail are left in $BUILD/findings/TARGET.
# Needs clang with its runtime (Debian: clang libclang-rt-14-dev).
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build/fuzz}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
SAN='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -DARENA_SEPARATE'
SAN="$SAN -fno-sanitize-recover=undefined"
LIBS="$(pkg-config --libs libprotobuf-c zlib jansson libxxhash) -lm -Wl,--wrap=exit"
INC="-I$BUILD/gen -Igrammar -Isrc -I."
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0:handle_abort=1

make -s BUILD="$BUILD" CC="${CC:-clang}" CFLAGS="$SAN" "$BUILD/libmilc.a"

seeds() { # TARGET: into $BUILD/corpus/TARGET
	to=$BUILD/corpus/$1
	mkdir -p "$to"
	case $1 in
	script | compile) find tests examples -name '*.mil' -size -12k ;;
	weights) find tests examples -name '*.np[yz]' -o -name '*.safetensors' ;;
	*) find tests/err -name '*.sh' ;;
	esac | while read -r f; do
		at=$to/$(echo "$f" | tr / _)
		case $1,$f in
		options,*) grep -h '^try ' "$f" | sed 's/^try //' | tr ' ' '\n' >"$at" ;;
		weights,*.npz) { printf '\0' && cat "$f"; } >"$at" ;;
		weights,*.npy) { printf '\1' && cat "$f"; } >"$at" ;;
		weights,*) { printf '\2' && cat "$f"; } >"$at" ;;
		*) cp "$f" "$at" ;;
		esac
	done
	[ "$1" = model ] || return 0
	rm -f "$to"/*
	make -s all
	for f in tests/lang/*.mil examples/*.mil; do
		for form in mlprogram neuralnetwork; do
			build/milc -q -t "$form" "$f" -o "$to/m.mlpackage" >/dev/null 2>&1 || continue
			cp "$to"/m.mlpackage/Data/*/*.mlmodel "$to/$(basename "$f")-$form"
			rm -r "$to/m.mlpackage"
		done
	done
}

for t in ${*:-script compile model weights options}; do
	cli=
	if [ "$t" = options ]; then
		cli=$(ls src/cli/*.c)
	fi
	# shellcheck disable=SC2086
	clang -std=c11 -D_GNU_SOURCE -DMILC_VERSION='"0"' -Dmain=cli_main -w $SAN -fsanitize=fuzzer $INC \
		-o "$BUILD/$t" "tests/fuzz/$t.c" $cli "$BUILD/libmilc.a" $LIBS
	mkdir -p "$BUILD/findings/$t"
	seeds "$t"
	end=$(($(date +%s) + ${FUZZ_SECONDS:-60}))
	while [ "$(date +%s)" -lt $end ]; do
		"$BUILD/$t" -max_total_time=$((end - $(date +%s))) -timeout=60 -rss_limit_mb=4000 \
			-malloc_limit_mb=0 -max_len=16384 -dict=tests/fuzz/script.dict -verbosity=0 \
			-artifact_prefix="$BUILD/findings/$t/" "$BUILD/corpus/$t" || failed=1
	done
done
[ -z "${failed:-}" ]
