"""Runs several commands together: their lines in one stream, all stopped when one stops.

honcho does nearly this. It was left because a Ctrl-C in its first moments, a closed terminal or a
kill -9 leaves its children running, and here nothing may be left behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TextIO

GRACE = 10.0  # seconds between asking a process to stop and killing it
COLOURS = (36, 33, 32, 35, 34)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Running:
    name: str
    process: "subprocess.Popen[bytes]"
    reader: threading.Thread


def parse_procfile(text: str) -> dict[str, str]:
    """The commands of a Procfile, by name."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


class Stack:
    """Commands, by name, that run and stop together.

    Each is a shell command of a Procfile, started in a process group of its own with `env`, so
    that the terminal's Ctrl-C reaches only us and each is asked to stop once.
    """

    def __init__(
        self, commands: Mapping[str, str], *, cwd: Path, env: Mapping[str, str], output: TextIO
    ) -> None:
        self._commands = commands
        self._cwd = cwd
        self._env = dict(env)
        self._output = output
        self._width = max(map(len, commands))
        self._writing = threading.Lock()
        self._running: list[Running] = []
        self._signals: list[int] = []
        self._nobody_reads = False

    def run(self) -> int:
        """Runs until a signal or the end of one command; the exit status to leave with.

        Must be called in the main thread, which alone receives signals.
        """
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            for name, command in self._commands.items():
                if not self._signals:
                    self._running.append(self._start(name, command))
            ended = self._watch()
            self._stop_all()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._signals:
            return 128 + self._signals[0]
        return self._report(ended)

    def say(self, text: str, name: str = "", colour: int = 0) -> None:
        """Writes `text`, line by line, with a name in front."""
        prefix = f"{name.ljust(self._width)} | "
        if colour and self._output.isatty():
            prefix = f"\033[{colour}m{prefix}\033[0m"
        with self._writing:
            try:
                for line in text.splitlines():
                    self._output.write(f"{prefix}{line}\n")
                self._output.flush()
            except OSError:  # the terminal was closed, or the pipe's reader has left
                self._nobody_reads = True

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _start(self, name: str, command: str) -> Running:
        child = str(Path(__file__).with_name("child.py"))
        shell = ["/bin/sh", "-c", f"exec {command}"]
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", child, str(os.getpid()), *shell],
            cwd=self._cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        colour = COLOURS[len(self._running) % len(COLOURS)]
        reader = threading.Thread(
            target=self._relay, args=(process.stdout, name, colour), daemon=True
        )
        reader.start()
        return Running(name, process, reader)

    def _relay(self, stream: IO[bytes], name: str, colour: int) -> None:
        for line in stream:
            self.say(line.decode(errors="replace"), name, colour)

    def _watch(self) -> Running | None:
        """Waits for a reason to stop; the command that ended, None if it was something else."""
        while not self._signals and not self._nobody_reads:
            for running in self._running:
                if running.process.poll() is not None:
                    return running
            time.sleep(0.1)
        return None

    def _stop_all(self) -> None:
        """Asks all to stop, and kills what has not after a while or at a second signal."""
        asked = len(self._signals)
        for running in self._running:
            if running.process.poll() is None:
                running.process.terminate()
        end = time.monotonic() + GRACE
        while any(running.process.poll() is None for running in self._running):
            if time.monotonic() > end or len(self._signals) > max(asked, 1):
                break
            time.sleep(0.05)
        for running in self._running:
            # the group: a killed Celery or gunicorn leaves its children to themselves
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()
            running.reader.join(timeout=1)

    def _report(self, ended: Running | None) -> int:
        if ended is None:
            return 1
        code = ended.process.returncode
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        self.say(f"{ended.name} {how}, so the others were stopped; its last lines are above.")
        return code if code > 0 else 1
