#!/bin/sh
# Sets up and runs everything: ./start.sh. Ctrl-C stops it. PORT and FLOWER_PORT choose other ports.
cd "$(dirname "$0")" || exit 1
requirements=requirements.txt
. ./venv.sh
exec .venv/bin/python -m budget_manager.start
