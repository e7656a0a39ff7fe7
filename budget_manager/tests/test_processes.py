"""Commands that run together and end together."""

import signal
import subprocess
import sys

import psutil
import pytest

from budget_manager.tests.support import ROOT, wait_for

#: Runs a command that no request ends, with a child that none ends either.
DEAF = r"""
import os, sys
from pathlib import Path
from budget_manager import processes

processes.GRACE = 0.2
ignores = "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
sleeps = "import time; print(1, flush=True); time.sleep(99)"
child = f"subprocess.Popen([sys.executable, '-c', '{sleeps}']); "
command = f'{sys.executable} -c "{ignores}{child}time.sleep(99)"'
stack = processes.Stack({"deaf": command, "other": command}, sys.stdout)
sys.exit(stack.run(cwd=Path.cwd(), env=os.environ, first=lambda: True, then=lambda: None))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)])
def test_commands_that_do_not_end_when_asked_are_killed_even_after_a_kill(
    number: int, code: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as stack:
        assert stack.stdout is not None
        assert [stack.stdout.readline().endswith("1\n") for _ in range(2)] == [True, True]
        children = psutil.Process(stack.pid).children(recursive=True)
        assert len(children) == 5  # the two commands, their children, and what kills them

        stack.send_signal(number)

        assert wait_for(lambda: not any(map(is_running, children)))
    assert stack.returncode == code


def is_running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
