#!/bin/sh
# deps.sh: installs what building milc needs, on Debian and Ubuntu. Does nothing when all is there.
set -e
need=
have() { command -v "$1" >/dev/null 2>&1; }
have python3 || need="python3"
have cc && have make && have pkg-config || need="$need build-essential pkg-config"
have re2c || need="$need re2c"
have lemon || need="$need lemon"
have protoc && have protoc-gen-c || need="$need protobuf-c-compiler protobuf-compiler"
if have pkg-config; then
	pkg-config --exists libprotobuf-c || need="$need libprotobuf-c-dev"
	pkg-config --exists zlib || need="$need zlib1g-dev"
	pkg-config --exists jansson || need="$need libjansson-dev"
	pkg-config --exists libxxhash || need="$need libxxhash-dev"
	pkg-config --exists libpcre2-8 || need="$need libpcre2-dev"
else
	need="$need libprotobuf-c-dev zlib1g-dev libjansson-dev libxxhash-dev libpcre2-dev"
fi
[ -n "$need" ] || exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $need >/dev/null
