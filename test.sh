#!/bin/sh
# Checks everything: ruff, mypy, missing migrations, pytest. Arguments go to pytest, which uses
# every processor up to four; -n 0 keeps it to one process.
cd "$(dirname "$0")" || exit 1
requirements=requirements-dev.txt
. ./venv.sh
PATH=$PWD/.venv/bin:$PATH
export PATH

failed=
check() {
    echo "== $*"
    "$@" || failed="$failed
  $*"
}
check ruff check .
check ruff format --check .
check mypy .
check python manage.py makemigrations --check --dry-run
if [ -n "$failed" ]; then
    # said before pytest too, so that its summary is the last thing to read
    echo "Failed so far:$failed"
fi
echo "== pytest $*"
pytest -n logical --maxprocesses 4 "$@" || failed=yes
[ -z "$failed" ]
