#!/bin/sh
# Compiles the lock files from pyproject.toml: every version, every hash, for Python 3.11 to 3.14 on any system, no addresses.
# Pins that already stand in a lock are kept; `requirements/compile.sh --upgrade` moves them. Needs `uv` on the PATH.
set -eu
cd "$(dirname "$0")/.."
out=${LOCK_DIR:-requirements}
lock() {
    name=$1; shift
    uv pip compile -q --system-certs pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o "$out/$name.txt" "$@"
}
# The widest first; the narrower ones take its versions, so that one environment can hold any of them.
lock check --group build --group test --group check "$@"
lock test --group build --group test -c "$out/check.txt" "$@"
lock run --group build -c "$out/check.txt" "$@"
lock bench --group build --group bench -c "$out/check.txt" "$@"
