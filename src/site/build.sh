#!/bin/sh
# build.sh MILC WASM OUT: the site as one folder that needs no server: the playground (index.html with the
# program in milc-wasm.js), the reference (ops/), the course (course.html). Lessons are the scripts of
# examples/course, and the small examples.
set -eu
milc=$1 wasm=$2 out=$3
[ -f "$wasm" ] || { echo "build.sh: there is no $wasm" >&2; exit 1; }
here=$(dirname "$0")
top=$here/../..
rm -rf "$out.new"
mkdir -p "$out.new"

escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

head() { # TITLE CSS…
	echo '<!DOCTYPE html>'
	echo '<html lang="en"><head><meta charset="utf-8">'
	echo '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
	echo "<title>$1</title>"
	shift
	echo '<style>'
	cat "$@"
	echo '</style></head>'
}

lessons() { # their paths
	ls "$top"/examples/course/*.mil 2>/dev/null || true
	ls "$top"/examples/add.mil "$top"/examples/sqrt.mil "$top"/examples/matmul.mil "$top"/examples/log10.mil \
		"$top"/examples/atan2.mil
}

# A script cannot hold its own end tag.
embedded() { sed 's|</script|<\\/script|g' "$1"; }

{
	head 'milc playground' "$here/../view/page.css" "$here/playground.css"
	cat "$here/playground.html"
	lessons | while read -r f; do
		echo "<script type=\"text/plain\" data-name=\"$(basename "$f" .mil)\">"
		embedded "$f"
		echo '</script>'
	done
	for f in "$top"/examples/course/*.npz "$top"/examples/course/*.safetensors; do
		[ -f "$f" ] || continue
		echo "<script type=\"application/base64\" data-name=\"$(basename "$f")\">"
		base64 "$f"
		echo '</script>'
	done
	echo '<script type="text/js-worker" id="wasi">'
	cat "$here/wasi.js"
	echo '</script><script type="text/js-worker" id="worker">'
	cat "$here/worker.js"
	echo '</script><script>'
	cat "$here/../view/page.js" "$here/playground.js"
	echo '</script></body></html>'
} >"$out.new/index.html"

{
	printf 'window.milc_wasm = "'
	base64 "$wasm" | tr -d '\n'
	echo '";'
} >"$out.new/milc-wasm.js"

# The course: each lesson as it stands, with a link to try it.
{
	head 'milc course' "$here/../view/page.css"
	echo '<body><div class="wide"><p><a href="index.html">playground</a> ·'
	echo '<a href="ops/index.html">operations</a></p>'
	echo '<h1>Course</h1><ul>'
	lessons | while read -r f; do
		n=$(basename "$f" .mil)
		echo "<li><a href=\"#$n\">$n</a></li>"
	done
	echo '</ul>'
	lessons | while read -r f; do
		n=$(basename "$f" .mil)
		echo "<h2 id=\"$n\">$n <a href=\"index.html#$n\">try it</a></h2><pre>"
		escape <"$f"
		echo '</pre>'
	done
	echo '</div></body></html>'
} >"$out.new/course.html"

"$milc" ops --html "$out.new/ops"
rm -rf "$out"
mv "$out.new" "$out"
