"""Runs several commands together: their lines in one stream, all stopped when one stops.

honcho does nearly this, but leaves processes running after a kill -9, a closed terminal or a Ctrl-C
in its first moments (each measured with honcho 2.0), and here nothing may be left behind.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import IO, TextIO, cast

from budget_manager import remains
from budget_manager.bundled.keeper import dying_with_parent

GRACE = 10.0  # seconds between asking a process to stop and killing it
COLOURS = (36, 33, 32, 35, 34)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def parse_procfile(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+):\s*(.+)$", text, re.MULTILINE))


class Stack:
    def __init__(self, commands: Mapping[str, str], output: TextIO) -> None:
        self._commands = commands
        self._output = output
        self._width = max(map(len, commands))
        self._writing = threading.Lock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._signals: list[int] = []

    def run(
        self,
        *,
        cwd: Path,
        env: Mapping[str, str],
        first: Callable[[], bool],
        then: Callable[[], None],
    ) -> int:
        """Run until a signal or the end of one command; the exit status to leave with.

        The first command has the machine to itself until `first` says that it is up. Calls `then`
        in a thread when all are started and none has ended. Only the main thread, which gets the
        signals, may call this.
        """
        for number in SIGNALS:
            signal.signal(number, lambda number, _: self._signals.append(number))
        killer = [sys.executable, "-I", "-S", remains.__file__, str(GRACE)]
        with subprocess.Popen(killer, stdin=subprocess.PIPE, start_new_session=True) as process:
            ended = self._start_all(cwd, env, first, cast("IO[bytes]", process.stdin))
            return self._relay_until_stopped(ended, then)

    def _start_all(
        self, cwd: Path, env: Mapping[str, str], first: Callable[[], bool], groups: IO[bytes]
    ) -> str:
        """Start the commands; the name of the one that ended meanwhile, if one did."""
        ended = ""
        for name, command in self._commands.items():
            if ended or self._signals:
                break
            self._running[name] = subprocess.Popen(  # noqa: S602 - our own Procfile
                f"exec {command}",
                shell=True,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # so that the terminal's Ctrl-C reaches only us, and each is asked to stop once
                start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads yet
            )
            groups.write(b"%d\n" % self._running[name].pid)
            groups.flush()
            if len(self._running) == 1:
                ended = self._watch(until=first)
        return ended

    def _relay_until_stopped(self, ended: str, then: Callable[[], None]) -> int:
        """Write what the commands say until a signal or the end of one; then stop all."""
        readers = [
            threading.Thread(target=self._relay, args=(process.stdout, name, colour), daemon=True)
            for (name, process), colour in zip(self._running.items(), cycle(COLOURS), strict=False)
        ]
        for thread in readers:
            thread.start()
        if not ended:
            threading.Thread(target=then, daemon=True).start()
        ended = ended or self._watch()
        self._stop_all()
        for reader in readers:
            reader.join(timeout=1)
        if self._signals:
            return 128 + self._signals[0]
        code = self._running[ended].returncode
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        self.say(f"{ended} {how}, so the others were stopped; its last lines are above.")
        return code if code > 0 else 1

    def say(self, text: str, name: str = "", colour: int = 0) -> None:
        """Write `text`, line by line, with a name in front."""
        prefix = f"{name.ljust(self._width)} | "
        if colour and self._output.isatty():
            prefix = f"\033[{colour}m{prefix}\033[0m"
        with self._writing:
            try:
                for line in text.splitlines():
                    self._output.write(f"{prefix}{line}\n")
                self._output.flush()
            except OSError:  # the terminal was closed, or the pipe's reader has left
                self._signals = self._signals or [signal.SIGHUP]

    def _relay(self, stream: IO[bytes], name: str, colour: int) -> None:
        for line in stream:
            self.say(line.decode(errors="replace"), name, colour)

    def _watch(self, until: Callable[[], bool] = lambda: False) -> str:
        """Wait for a reason to stop; the name of the command that ended, if that is the reason."""
        while not self._signals and not until():
            for name, process in self._running.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.05)
        return ""

    def _stop_all(self) -> None:
        """Ask all to stop, and kill those that have not after a while or at a second signal."""
        for process in self._running.values():
            process.terminate()
        end = time.monotonic() + GRACE
        while any(process.poll() is None for process in self._running.values()):
            if time.monotonic() > end or len(self._signals) > 1:
                break
            time.sleep(0.05)
        for process in self._running.values():
            # the group: a killed Celery or gunicorn leaves its children to themselves
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
