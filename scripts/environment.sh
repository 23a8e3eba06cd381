#!/bin/sh
# Make .venv with exactly what requirements.lock names. At once where that is done already.
#
# Where things come from (index, proxy, certificates) is left to the machine's own pip or uv settings.
set -eu

cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/installed-from

main() {
    wanted=$(cat requirements.lock pyproject.toml scripts/environment.sh | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && supported "$venv/bin/python"; then
        return
    fi
    supported "$venv/bin/python" || make_venv
    rm -f "$stamp"
    say "Installing the locked dependencies into $venv ..."
    install_locked
    echo "$wanted" >"$stamp"
}

say() { echo "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "PACT needs Python 3.11, 3.12 or 3.13 and found none of them.
Install one, or say where it is: make PYTHON=/path/to/python3.12 ..."
}

make_venv() {
    python=$(find_python)
    say "Making $venv with $("$python" --version) ..."
    rm -rf "$venv"
    if "$python" -m venv "$venv" >/dev/null 2>&1; then
        return
    fi
    # Debian and Ubuntu ship Python without what puts pip into a new environment.
    rm -rf "$venv"
    "$python" -m venv --without-pip "$venv"
    if ! command -v uv >/dev/null && ! "$python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$venv"
        fail "This Python can make no environment with pip in it. On Debian or Ubuntu:
    sudo apt install python3-venv"
    fi
}

# pip of the environment itself, or the system's pip working for the environment.
pip_install() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip install --disable-pip-version-check "$@"
    else
        "$(find_python)" -m pip --python "$venv/bin/python" install --disable-pip-version-check "$@"
    fi
}

# uv installs in seconds what takes pip minutes. Its own version is locked like everything else.
find_uv() {
    if [ ! -x "$venv/bin/uv" ]; then
        awk '/^uv==/ {found = 1} found && /^ *#/ {exit} found' requirements.lock >"$venv/uv.lock"
        if ! pip_install --quiet --require-hashes --no-deps -r "$venv/uv.lock" >&2; then
            command -v uv || true
            return
        fi
    fi
    echo "$venv/bin/uv"
}

install_locked() {
    uv=$(find_uv)
    if [ -n "$uv" ] && with_uv "$uv"; then
        return
    fi
    say "uv cannot install here; pip can, but takes some minutes ..."
    pip_install --quiet --require-hashes --no-deps -r requirements.lock
    pip_install --quiet --no-deps --no-build-isolation -e .
}

with_uv() {
    export VIRTUAL_ENV="$PWD/$venv"
    # A service account may have no home to keep a cache in.
    mkdir -p "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}" 2>/dev/null || export UV_NO_CACHE=1
    "$1" pip install --quiet --require-hashes --no-deps --compile-bytecode -r requirements.lock &&
        "$1" pip install --quiet --no-deps --no-build-isolation -e .
}

main
