#!/bin/sh
# run.sh [SECONDS]: fuzzes the lexer, parser and interpreter (script.c) with libFuzzer under ASan
# and UBSan, starting from all scripts of tests/ and examples/. Inputs that fail are left in
# $BUILD/findings. COVERAGE=1 afterwards prints the line coverage that the corpus reaches.
# Needs clang with its runtime (Debian: clang libclang-rt-14-dev; for coverage llvm).
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build/fuzz}
SECONDS_TO_RUN=${1:-60}
SAN='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined'
SAN="$SAN -fno-sanitize-recover=undefined"
LIBS="$(pkg-config --libs libprotobuf-c zlib jansson libxxhash) -lm"
INC="-I$BUILD/gen -Igrammar -Isrc"

make -s BUILD="$BUILD" CC=clang CFLAGS="$SAN" "$BUILD/libmilc.a"
# shellcheck disable=SC2086
clang -std=c11 -D_GNU_SOURCE $SAN -fsanitize=fuzzer $INC -o "$BUILD/script" tests/fuzz/script.c \
	"$BUILD/libmilc.a" $LIBS
mkdir -p "$BUILD/corpus" "$BUILD/findings"
find tests examples -name '*.mil' | while read -r f; do
	cp "$f" "$BUILD/corpus/$(echo "$f" | tr / _)"
done
"$BUILD/script" -max_total_time="$SECONDS_TO_RUN" -timeout=20 -rss_limit_mb=3000 -max_len=8192 \
	-dict=tests/fuzz/script.dict -artifact_prefix="$BUILD/findings/" -print_final_stats=1 \
	"$BUILD/corpus"

[ -n "${COVERAGE:-}" ] || exit 0
COV="$BUILD/cov"
make -s BUILD="$COV" CC=clang CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' \
	"$COV/libmilc.a"
# shellcheck disable=SC2086
clang -std=c11 -D_GNU_SOURCE -O1 -fprofile-instr-generate -fcoverage-mapping -fsanitize=fuzzer \
	-I"$COV/gen" -Igrammar -Isrc -o "$COV/script" tests/fuzz/script.c "$COV/libmilc.a" $LIBS
LLVM_PROFILE_FILE="$COV/raw" "$COV/script" -runs=0 "$BUILD/corpus" 2>/dev/null
llvm-profdata merge -sparse "$COV/raw" -o "$COV/merged"
llvm-cov report "$COV/script" -instr-profile="$COV/merged" src/script grammar "$COV/gen/lex.c" \
	"$COV/gen/parse.c" | tail -n 90
