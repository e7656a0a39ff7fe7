#!/bin/sh
# Sets up and runs everything: ./start.sh. Ctrl-C stops it. PORT and FLOWER_PORT choose other ports.
cd "$(dirname "$0")" || exit 1
. ./venv.sh requirements.txt
exec .venv/bin/python -m budget_manager.start
