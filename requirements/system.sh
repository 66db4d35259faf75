#!/bin/sh
# Installs what the tests need from the system: a PostgreSQL server and a Chromium. Debian as root; else says the command.
set -eu
missing=
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing="$missing chromium"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing for the tests:$missing ..." >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  # shellcheck disable=SC2086 # two words are two packages
  apt-get install -y -q --no-install-recommends $missing >/dev/null
else
  echo "The tests need:$missing. Run: sudo apt-get update && sudo apt-get install -y$missing" >&2
  exit 1
fi
