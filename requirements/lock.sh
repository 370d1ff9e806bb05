#!/bin/sh
# Writes the hashed lock files from pyproject.toml, for all platforms at once.
set -eu
cd "$(dirname "$0")/.."
lock() {
    name=$1
    shift
    .venv/bin/uv pip compile "$@" --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet \
        --output-file "requirements/$name.lock"
}
lock dev pyproject.toml --extra dev
# What is installed elsewhere is what is tested and audited here: every version is that of dev.
same="--constraint requirements/dev.lock"
lock run pyproject.toml --extra semantic --extra pictures $same
lock play pyproject.toml --extra semantic --extra pictures --extra playground $same
lock build --group build $same
lock audit --group audit
