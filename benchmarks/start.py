"""Starting: how long ``./start.sh`` takes until it is up, the first time and the second.

Works on a fresh clone in a temporary directory. The first start installs everything; the second is
like every later one.
"""

import argparse
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

SECOND_START = 10.0
HERE = Path(__file__).resolve().parents[1]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as directory:
        clone = Path(directory) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(HERE), str(clone)], check=True)
        first, second = start(clone), start(clone)
    # Not by support.report, which would start the bundled servers of this checkout as well.
    verdict = "kept" if second <= SECOND_START else "MISSED"
    print(f"first start, installing: {first:.1f} s")
    print(f"second start: {second:.1f} s ({verdict}, bound {SECOND_START} s)")


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
