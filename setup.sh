#!/bin/sh
# Installs what is missing. Used by ./run and ./test; does nothing when all is there.  $1 = run | test
set -eu
want=$1
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin  # ldconfig lives there; an ordinary user's PATH lacks it on Debian
have() { command -v "$1" >/dev/null 2>&1; }
fail() { echo "$1" >&2; exit 1; }
# Succeeds where there is no ldconfig to ask: the program itself says what it misses.
library() { ! have ldconfig || ldconfig -p 2>/dev/null | grep -q "$1"; }

need=""
have python3 && python3 -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)' 2>/dev/null \
  || need="$need python3 python3-venv"
[ -e /etc/ssl/certs/ca-certificates.crt ] || ! have apt-get || need="$need ca-certificates"
library libpangoft2-1.0.so.0 || need="$need libpangoft2-1.0-0"
library libharfbuzz-subset.so.0 || need="$need libharfbuzz-subset0"
if [ "$want" = test ]; then
  have chromium || need="$need chromium"
  library libatomic.so.1 || need="$need libatomic1"
fi
if [ -n "$need" ]; then
  if [ "$(id -u)" = 0 ]; then as_root=""
  elif have sudo && sudo -n true 2>/dev/null; then as_root="sudo -n"
  else as_root=no; fi
  if [ "$as_root" = no ] || ! have apt-get; then
    fail "Missing on this machine:$need. Install with 'apt-get install$need' as root, then start again."
  fi
  echo "Installing$need" >&2
  # shellcheck disable=SC2086
  { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -q --no-install-recommends $need; } >&2 \
    || fail "apt-get could not install$need: see its message above, install them by hand, then start again."
fi

lock=requirements.lock
[ "$want" = run ] || lock=requirements-dev.lock
sum=$(cat $lock setup.sh | sha256sum | cut -c1-16)
if [ "$(cat ".venv/.stamp-$want" 2>/dev/null || true)" != "$sum" ]; then
  echo "Installing the Python packages of $lock" >&2
  [ -x .venv/bin/python ] || python3 -m venv .venv
  pip=".venv/bin/python -m pip --disable-pip-version-check"
  { $pip install -q --require-hashes -r requirements-setup.lock \
      && VIRTUAL_ENV=$PWD/.venv .venv/bin/uv pip install -q --system-certs --require-hashes -r "$lock"; } >&2 \
    || $pip install -q --require-hashes -r "$lock" >&2 \
    || fail "The Python packages could not be installed: check that this machine reaches a package index, then start again."
  echo "$sum" > ".venv/.stamp-$want"
fi
