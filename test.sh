#!/bin/sh
# Checks everything: pytest, and meanwhile ruff, mypy and missing migrations. Arguments go to pytest,
# which uses every processor up to four; -n 0 keeps it to one process.
cd "$(dirname "$0")" || exit 1
requirements=requirements-dev.txt
. ./venv.sh
PATH=$PWD/.venv/bin:$PATH
export PATH
# Every process would compile all code again, and these tests start hundreds.
unset PYTHONDONTWRITEBYTECODE

failed=
check() {
    echo "== $*"
    "$@" || failed="$failed
  $*"
}
[ -t 1 ] && set -- --color=yes "$@"
code=$(mktemp) || exit 1
trap 'rm -f "$code"' EXIT
# The pipe holds what pytest says until the checks are done: its summary is the last thing to read.
{
    pytest -n logical --maxprocesses 4 "$@" 2>&1
    echo $? >"$code"
} | {
    check ruff check .
    check ruff format --check .
    check mypy .
    check python manage.py makemigrations --check --dry-run
    [ -z "$failed" ] || echo "Failed so far:$failed"
    echo "== pytest $*"
    cat
    [ -z "$failed" ]
} && [ "$(cat "$code")" = 0 ]
