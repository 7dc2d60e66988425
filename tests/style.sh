#!/bin/sh
# style.sh: what a script can check of the rules in HACKING.md. Prints what breaks them; the last
# line is `N passed, N failed` over the files. shellcheck is asked where it is installed, and
# clang-format with FORMAT=1: its layout is a proposal, not the law.
set -u
cd "$(dirname "$0")/.." || exit 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

git ls-files --cached --others --exclude-standard -- src runtime grammar tests examples |
	grep -E '\.(c|h|def|re|y|sh|py)$' |
	grep -v '^tests/err/.*\.sh$' | sort | while read -r f; do
	[ -f "$f" ] && echo "$f"
done >"$tmp/files"

# One line for each breach: FILE:LINE: what.
while read -r f; do
	awk -v file="$f" '
	function say(n, what) { printf "%s:%d: %s\n", file, n, what }
	function width(s,   i, w, c) {
		gsub(/[\200-\277]/, "", s) # the rest of a character of UTF-8
		for (i = w = 0; i < length(s); i++) {
			c = substr(s, i + 1, 1)
			w += c == "\t" ? 8 - w % 8 : 1
		}
		return w
	}
	BEGIN {
		c = file ~ /\.(c|h|def|re|y)$/
		ours = c && file ~ /^(src|runtime|grammar)/
		limit = file ~ /\.(py|sh)$/ ? 120 : 100
	}
	FNR == 1 && c && !/^\/\*/ { say(1, "expected a comment that says what the file does") }
	width($0) > limit { say(FNR, "longer than " limit " columns") }
	/[ \t]$/ { say(FNR, "blanks at the end of the line") }
	# Split, so that this line does not find itself.
	/TO[D]O|FIX[M]E/ { say(FNR, "an open matter: resolve it") }
	/\/work\/|\/home\/|\/tmp\/w/ { say(FNR, "a path of one machine") }
	c && /^#if 0/ { say(FNR, "dead code") }
	c && /^[ \t]*\/\// { say(FNR, "a // comment") }
	# What clang-format makes of the macros that visit things.
	c && /^[ \t]*for$/ { say(FNR, "a loop is one line: for each_inst(i, b)") }
	# The one way out of a call, and all that differs between systems, have one file each.
	c && /setjmp|longjmp/ && file != "src/base/guard.c" { say(FNR, "no setjmp") }
	ours && /^#include <(sys\/.*|unistd|fcntl|dirent|pthread|signal)\.h>/ &&
		file !~ /^src\/base\/sys(_folder|_threads)?\.c$/ { say(FNR, "a header of the system: see base/sys.h") }
	ours && /(^|[^a-z_>.])(m|c|re)?alloc\(|(^|[^a-z_>.*])(free|strdup|exit|abort)\(/ &&
		file !~ /^src\/base\/(guard|sys|sys_threads)\.c$/ { say(FNR, "memory of no guard: see base.h") }
	ours && /(^|[^a-z_>.*])(mempcpy|memrchr|strchrnul|v?asprintf|qsort_r|fopencookie|sincosf?)\(/ {
		say(FNR, "a function that only some systems have")
	}
	# A definition: a name and its parameters at the margin, the type on the line before.
	c && /^[a-z_][a-z0-9_]*\(.*[^;]$/ && !/^[A-Z]/ { name = $0; sub(/\(.*/, "", name) }
	c && /^\{$/ { start = FNR; flat = 0 }
	c && start && /^\t(switch \(|\/\*!re2c)/ { flat = 1 }
	c && start && /^\tstatic const .*\{$/ { flat = 1 }
	c && /^\}$/ && start {
		if (FNR - start > 81 && !flat && name !~ /^rows_/)
			say(start, name "() has " FNR - start - 1 " lines, at most 80")
		start = 0
	}
	c && /^(int|bool|char|const char \*|size_t|double|uint[0-9]+_t)[ *]+[a-z_]+( =.*)?;$/ {
		say(FNR, "a global variable")
	}
	END {
		if (c && FNR > 720 && file !~ /proto/)
			say(FNR, "the file has " FNR " lines: split it by meaning")
	}' "$f"
done <"$tmp/files" >"$tmp/found"

# Rooms include only what stands in their line of tests/rooms; tables (.def) are data.
grep -E '^(src|runtime|grammar)/' "$tmp/files" |
	xargs grep -HnE '^[ \t]*#include "[a-z]+/[a-z_0-9]+\.h"' |
	awk -F'[:"/]' '
	NR == FNR {
		if ($0 ~ /^#/) next
		split($0, side, ":")
		n = split(side[1], from, " "); m = split(side[2], to, " ")
		for (i = 1; i <= n; i++) for (k = 1; k <= m; k++) may[from[i], to[k]] = 1
		next
	}
	{
		split($0, at, ":")
		room = $1 == "src" ? $2 : $1 != "grammar" ? $1 : $2 ~ /^mil/ ? "form" : "syntax"
		match($0, /"[^\/"]+\//); other = substr($0, RSTART + 1, RLENGTH - 2)
		if (room != other && !((room, other) in may))
			print at[1] ":" at[2] ": " room " may not include " other " (tests/rooms)"
	}' tests/rooms - >>"$tmp/found"

# One name, one meaning: no two headers of one name, and no type of a header that is declared again.
grep -E '^(src|runtime)/.*\.[ch]$' "$tmp/files" | xargs awk '
	function again(name, header) {
		if (name in at && at[name] !~ "^" FILENAME ":" && (header || at[name] ~ /\.h:/))
			print FILENAME ":" FNR ": " name " is declared in " at[name] " too"
		if (!(name in at) || header)
			at[name] = FILENAME ":" FNR
	}
	FNR == 1 { header = FILENAME ~ /\.h$/ }
	FNR == 1 && header { name = FILENAME; sub(/.*\//, "", name); again(name, header) }
	/^(typedef )?(struct|union|enum) [A-Z][A-Za-z0-9]* \{/ {
		match($0, /[A-Z][A-Za-z0-9]*/); tag = substr($0, RSTART, RLENGTH)
		again(tag, header)
	}
	/^\} [A-Z][A-Za-z0-9]*;/ {
		name = $2; sub(/;.*/, "", name)
		if (name != tag)
			again(name, header)
		tag = ""
	}
' >>"$tmp/found"

# Functions that only one file uses are static.
if [ -f "${BUILD:-build}/libmilc.a" ] && command -v nm >/dev/null; then
	nm -A "${BUILD:-build}/libmilc.a" 2>/dev/null | awk '
		$2 == "U" { used[$3] = 1 }
		$(NF - 1) ~ /^[TDB]$/ { split($1, at, ":"); where[$NF] = at[2] }
		END { for (n in where) if (!used[n]) print n, where[n] }' | sort >"$tmp/unused"
	while read -r name object; do
		case $name in milc_* | core_ml__* | Parse* | parse* | yy*) continue ;; esac
		# A header may offer what only the command or a test uses.
		if ! grep -rqw "$name" src/cli tests/unit tests/fuzz tests/tools 2>/dev/null; then
			echo "${object%.o}: $name() is used in one file only: make it static"
		fi
	done <"$tmp/unused" >>"$tmp/found"
fi
if command -v shellcheck >/dev/null; then
	grep '\.sh$' "$tmp/files" | xargs shellcheck -S warning -f gcc >>"$tmp/found"
fi
if [ -n "${FORMAT:-}" ] && command -v clang-format >/dev/null; then
	grep -E '\.[ch]$' "$tmp/files" | xargs clang-format --dry-run 2>&1 |
		grep 'warning:' >>"$tmp/found"
fi

# What a script needs of Python is no second Python: rooms that grow have a budget of lines.
while read -r most what dirs; do
	# shellcheck disable=SC2086
	n=$(cd src && find $dirs -name '*.[ch]' -exec cat {} + | wc -l)
	[ "$n" -le "$most" ] || echo "src/${dirs%% *}: $what has $n lines, at most $most" >>"$tmp/found"
done <<'END'
18500 interpreter script
11200 arrays np nd
END

cat "$tmp/found"
bad=$(sed 's/:.*//' "$tmp/found" | sort -u | wc -l)
all=$(wc -l <"$tmp/files")
echo "$((all - bad)) passed, $bad failed"
[ "$bad" = 0 ]
