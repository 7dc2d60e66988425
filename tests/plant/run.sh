#!/bin/sh
# run.sh [NAME…]: plants faults in passes, one after the other, and looks how they are found.
#
# NAME.patch is a fault in one pass; its first line says what is wrong. Each is applied to a copy of the tree, which is
# built; gen_passes.py runs programs from SEED on until one fails, COUNT at most; `milc reduce` makes that one smaller.
# Prints for each the seed, the message, and how many operations are left; a fault that is not found, or that more than
# six operations are left of, has failed. The last line is `N passed, N failed`.
# run.sh --check only asks whether the patches apply.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
SEED=${SEED:-1}
COUNT=${COUNT:-3000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ "${1:-}" = --check ]; then
	for p in tests/plant/*.patch; do
		if patch -p1 --dry-run --force <"$p" >"$tmp/said" 2>&1; then
			echo "ok $p"
		else
			echo "FAILED $p"
			cat "$tmp/said" >&2
		fi
	done
	exit
fi

# The working tree with its objects: only what a patch changes is compiled.
tree=$tmp/tree
mkdir -p "$tree/build"
git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$tree"
cp -a "$BUILD/obj" "$BUILD/gen" "$BUILD/flags" "$tree/build/"
milc=$tree/build/milc

operations() { # SCRIPT
	python3 -c 'import sys; sys.path.insert(0, "tests"); import gen_passes
print(sum(op != "const" for op in gen_passes.operations(open(sys.argv[1], encoding="utf-8").read())))' "$1"
}

# What milc wrote beside a program that differs, or made of one that cannot be run any more.
reduced() { # SCRIPT OPTIONS
	for f in "$tmp"/keep/p*-*.mil; do
		[ -f "$f" ] && cp "$f" "$tmp/small.mil" && return
	done
	verify="timeout 20 '$milc' --verify-passes ${2:+'$2'} -o '$tmp/out/'"
	"$milc" reduce "$1" -o "$tmp/small.mil" --when "$verify {} 2>&1 |
		grep -qE 'changes what the program computes|the program cannot be run here'" >"$tmp/reduced" 2>&1
}

found() { # NAME
	rm -rf "$tmp/keep"
	MILC=$milc python3 "$tree/tests/gen_passes.py" --first --plain --seed "$SEED" --count "$COUNT" \
		--keep "$tmp/keep" >"$tmp/said" 2>&1 && return 1
	grep '^FAILED' "$tmp/said"
	seed=$(sed -n 's/^FAILED gen_passes \([0-9]*\):.*/\1/p' "$tmp/said")
	cp "$tmp/keep/p$seed.mil" "$tmp/$1.mil"
}

passed=0 failed=0
for p in tests/plant/*.patch; do
	name=$(basename "$p" .patch)
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	echo "$name: $(head -1 "$p")"
	verdict=FAILED
	if patch -p1 -s -d "$tree" <"$p" && make -s -C "$tree" CC="${CC:-cc}" build/milc >"$tmp/said" 2>&1; then
		if ! found "$name"; then
			echo "not found in $COUNT programs"
		elif reduced "$tmp/$name.mil" "$(sed -n '1s/^# milc: //p' "$tmp/$name.mil")"; then
			n=$(operations "$tmp/small.mil")
			echo "$n operations are left:"
			sed -n '/^def/,/^ *return/p' "$tmp/small.mil"
			[ "$n" -le 6 ] && verdict=ok
		else
			cat "$tmp/reduced"
		fi
		[ -z "${KEEP:-}" ] || cp "$tmp/$name.mil" "$KEEP/"
	else
		cat "$tmp/said"
	fi
	patch -R -p1 -s -d "$tree" <"$p"
	echo "$verdict $name"
	if [ $verdict = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
