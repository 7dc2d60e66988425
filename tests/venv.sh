#!/bin/sh
# venv.sh: a Python with coremltools in build/venv, made on first use.
set -e
[ -x build/venv/bin/python ] && build/venv/bin/python -c 'import coremltools' 2>/dev/null && exit 0
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -qq
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq python3-venv >/dev/null
fi
mkdir -p build
python3 -m venv build/venv
build/venv/bin/pip install -q 'coremltools==9.0' 'numpy>=2,<2.5' safetensors
