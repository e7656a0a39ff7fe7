"""Kills what outlives start.sh when start.sh was killed and cannot see to it itself.

Run as a script, before the commands: ``remains.py SECONDS``. Reads the numbers of their process
groups, one a line, until the end of the input, which comes when start.sh is gone, however it went.
The kernel asks the commands to end then; those that have not after SECONDS are killed, with their
children. It imports the standard library alone and is started with -I -S, to be small and quick.
"""

import os
import signal
import sys
import time
from contextlib import suppress


def main() -> None:
    groups = [int(line) for line in sys.stdin]
    end = time.monotonic() + float(sys.argv[1])
    while groups and time.monotonic() < end:
        time.sleep(0.1)
        # One that has ended is forgotten at once: its number may soon be another's.
        groups = [group for group in groups if send(group, 0)]
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Send a signal, 0 for none, to a process group; whether there is one."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    main()
