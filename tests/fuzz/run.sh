#!/bin/sh
# run.sh [TARGET…]: fuzzes with libFuzzer under ASan and UBSan, FUZZ_SECONDS each (60): script (lexer,
# parser, interpreter), compile (scripts through the passes and writers), model (model files), text (MIL
# text), bundle (the files of packages and compiled models), weights (npz, npy, safetensors), torch (files
# of PyTorch and their parts), options (the command line). seeds.py makes the first inputs; $BUILD/corpus
# keeps what reached something new, $BUILD/findings/TARGET what failed, which ends the target. Some inputs
# that are hard to come by are kept in tests/fuzz/corpus.
# Adding 0 to a null pointer, which C2y allows, is no finding.
# Needs clang with its runtime (Debian: clang libclang-rt-14-dev).
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build/fuzz}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
SAN='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -DARENA_SEPARATE'
SAN="$SAN -fno-sanitize-recover=undefined -fno-sanitize=pointer-overflow"
LIBS="$(pkg-config --libs libprotobuf-c zlib jansson libxxhash libpcre2-8) -lm -Wl,--wrap=exit,--wrap=die_at"
INC="-I$BUILD/gen -Igrammar -Isrc -I."
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0:handle_abort=1

CC="$(command -v ccache || true) clang"

make -s BUILD="$BUILD" CC="$CC" CFLAGS="$SAN" "$BUILD/libmilc.a"
make -s build/milc

for t in ${*:-script compile model text bundle weights torch options}; do
	cli=
	if [ "$t" = options ]; then
		cli=$(ls src/cli/*.c)
	fi
	# shellcheck disable=SC2086
	clang -std=c11 -D_GNU_SOURCE -DMILC_VERSION='"0"' -Dmain=cli_main -w $SAN -fsanitize=fuzzer $INC \
		-o "$BUILD/$t" "tests/fuzz/$t.c" $cli "$BUILD/libmilc.a" $LIBS
	mkdir -p "$BUILD/findings/$t"
	[ -d "$BUILD/seeds/$t" ] || tests/fuzz/seeds.py "$PWD/build/milc" "$t" "$BUILD/seeds/$t"
	mkdir -p "$BUILD/corpus/$t"
	dict=$PWD/tests/fuzz/$t.dict
	[ -f "$dict" ] || dict=$PWD/tests/fuzz/script.dict
	kept=
	[ ! -d "tests/fuzz/corpus/$t" ] || kept=$PWD/tests/fuzz/corpus/$t
	end=$(($(date +%s) + ${FUZZ_SECONDS:-60}))
	while [ "$(date +%s)" -lt $end ]; do
		# shellcheck disable=SC2086
		"$BUILD/$t" -max_total_time=$((end - $(date +%s))) -timeout=60 -rss_limit_mb=4000 \
			-malloc_limit_mb=0 -max_len=16384 -dict="$dict" -verbosity=0 \
			-artifact_prefix="$BUILD/findings/$t/" "$BUILD/corpus/$t" "$BUILD/seeds/$t" $kept || {
			failed=1
			break
		}
	done
done
[ -z "${failed:-}" ]
