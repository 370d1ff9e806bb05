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
lock run pyproject.toml --extra semantic --extra pictures
lock play pyproject.toml --extra semantic --extra pictures --extra playground
lock dev pyproject.toml --extra dev
lock audit --group audit
# The same hatchling as that of `make wheel`.
lock build --group build --constraint requirements/dev.lock
