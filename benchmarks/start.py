"""Starting: how long ``./start.sh`` takes until it is up, the first time and the second.

    python benchmarks/start.py

Works on a fresh clone in a temporary directory. The first start installs everything; the second is
the one that people wait for every day.
"""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from _report import table, verdict

SECOND_START = 10.0
HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        clone = Path(directory) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(HERE), str(clone)], check=True)
        first, second = start(clone), start(clone)
    table(
        [
            ("first start, installing", f"{first:.1f} s", ""),
            ("second start", verdict(second, SECOND_START, " s"), f"{SECOND_START} s"),
        ]
    )


def start(clone: Path) -> float:
    """Seconds until it says that it is up; it is stopped again."""
    ports = {"PORT": "18000", "FLOWER_PORT": "15555"}
    began = time.monotonic()
    with subprocess.Popen(
        ["./start.sh"], cwd=clone, env={**os.environ, **ports}, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            if "Budget Manager is up" in line:
                took = time.monotonic() - began
                process.send_signal(signal.SIGINT)
                process.communicate()
                return took
    raise SystemExit("start.sh ended before it was up.")


if __name__ == "__main__":
    main()
