#!/bin/sh
# Sets up and runs everything: ./start.sh. Ctrl-C stops it. PORT and FLOWER_PORT choose other ports.
cd "$(dirname "$0")" || exit 1
requirements=requirements.txt
. ./venv.sh
# Without bytecode each of the processes would compile the whole project again.
unset PYTHONDONTWRITEBYTECODE
# Ctrl-C while Python is still importing ends it without a traceback.
exec .venv/bin/python -c 'import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
from budget_manager.start import main
sys.exit(main())'
