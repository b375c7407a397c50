#!/bin/sh
# Set up everything Andon needs in this checkout: system libraries, the environment in .venv, the tools of the tests.
# Usage: resources/packaging/setup.sh run|test     Safe to call again: it does only what is missing or has changed.
set -eu
purpose=${1:-run}
cd "$(dirname "$0")/../.."
mkdir -p .setup

say() { printf 'andon setup: %s\n' "$*"; }
fail() { printf 'andon setup: %s\n' "$*" >&2; exit 1; }

# ---- Python -----------------------------------------------------------------------------------------------------
PYTHON=${PYTHON:-python3}
command -v "$PYTHON" >/dev/null 2>&1 || fail "Python 3.11 or newer is needed and '$PYTHON' was not found: install python3, or name yours with 'make PYTHON=...'."
found=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Python 3.11 or newer is needed, this is $found: install a newer one and name it with 'make PYTHON=python3.11'."

# ---- Debian packages --------------------------------------------------------------------------------------------
qt="libgl1 libegl1 libxkbcommon0 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 fonts-inter libgomp1"
wanted=$qt
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || wanted="$wanted python3-venv"
if [ "$purpose" = test ]; then
  wanted="$wanted xvfb xauth"
  command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
  command -v npm >/dev/null 2>&1 || wanted="$wanted npm"
fi
missing=
if command -v dpkg-query >/dev/null 2>&1; then
  for package in $wanted; do
    # Ubuntu 24.04 names some libraries with the suffix t64.
    dpkg-query -W -f '${Status}\n' "$package" "${package}t64" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
fi
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ]; then root=; elif command -v sudo >/dev/null 2>&1; then root="sudo"; else root=none; fi
  if [ "$root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
    say "please install these packages once, as root:  apt-get install$missing"
    case "$missing" in *python3-venv*) fail "without python3-venv the environment cannot be made." ;; esac
  else
    say "installing with apt:$missing"
    $root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >.setup/apt.log 2>&1 ||
      { tail -5 .setup/apt.log >&2; fail "apt could not install:$missing (whole log: .setup/apt.log)"; }
  fi
fi

# ---- the environment --------------------------------------------------------------------------------------------
stamp=$(cat requirements-dev.lock pyproject.toml "$0" | cksum)
if [ ! -x .venv/bin/python ] || [ "$(cat .setup/python.stamp 2>/dev/null)" != "$stamp $found" ]; then
  say "building the environment in .venv (a minute or two the first time)"
  if ! .venv/bin/python -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$found')" 2>/dev/null; then
    rm -rf .venv
    "$PYTHON" -m venv .venv
  fi
  .venv/bin/pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements-dev.lock
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
  printf '%s %s\n' "$stamp" "$found" >.setup/python.stamp
fi

# ---- the foreign client of the tests ----------------------------------------------------------------------------
if [ "$purpose" = test ] && [ -f tests/interop/package-lock.json ] && command -v npm >/dev/null 2>&1; then
  stamp=$(cksum <tests/interop/package-lock.json)
  if [ "$(cat .setup/node.stamp 2>/dev/null)" != "$stamp" ] || [ ! -d tests/interop/node_modules ]; then
    say "installing node-opcua for the interoperability tests"
    (cd tests/interop && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
    printf '%s\n' "$stamp" >.setup/node.stamp
  fi
fi
