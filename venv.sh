# shellcheck shell=sh
# Sourced by start.sh and test.sh: finds a Python, makes .venv and installs $requirements into it.
python=
for candidate in python3.12 python3.13 python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
        >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "error: Python 3.11, 3.12 or 3.13 is needed, and none is on the PATH" \
        "(python3 is $(python3 --version 2>/dev/null || echo missing)). Install one and start again." >&2
    exit 1
fi
"$python" budget_manager/install.py "${requirements:?}" || exit 1
