"""A process that a test has started, and what it says."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from budget_manager.tests.support import wait_for


class Running:
    """It is running; ``more`` is for :class:`subprocess.Popen`."""

    def __init__(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str], **more: Any
    ) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **more,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def says(self, text: str, seconds: float = 40) -> bool:
        """Whether it says so before it ends, and in time."""
        wait_for(lambda: text in self.output or self.process.poll() is not None, seconds)
        return text in self.output

    def end(self) -> int:
        """Wait for its end; the exit status."""
        code = self.process.wait(timeout=120)
        self._reader.join(timeout=10)
        return code

    def stop(self) -> int:
        self.process.terminate()
        return self.end()
