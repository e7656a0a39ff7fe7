"""Starting: how long ``./start.sh`` takes until its first page, and until all of it is up.

Works on a fresh clone in a temporary directory. The first start installs everything; the others
find everything made, like every later one.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.report import at_most, table  # not the database, which would start servers here too

FIRST_PAGE, UP = 4.0, 10.0  # seconds, once everything is installed
PORT, FLOWER_PORT = 18000, 15555
HERE = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        clone = Path(directory) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(HERE), str(clone)], check=True)
        _, first = start(clone)
        pages, ups = zip(*(start(clone) for _ in range(given.rounds)), strict=True)
    print(f"first start, installing: {first:.1f} s")
    table(
        [
            at_most(
                "./start.sh until the first page, once installed", min(pages), FIRST_PAGE, " s"
            ),
            at_most("… until everything is up", min(ups), UP, " s"),
        ]
    )


def start(clone: Path) -> tuple[float, float]:
    """Seconds until its first page, and until it says that it is up; it is stopped again."""
    ports = {"PORT": str(PORT), "FLOWER_PORT": str(FLOWER_PORT)}
    began = time.monotonic()
    page: list[float] = []
    with subprocess.Popen(
        ["./start.sh"], cwd=clone, env={**os.environ, **ports}, stdout=subprocess.PIPE, text=True
    ) as process:

        def ask() -> None:
            while process.poll() is None:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/admin/login/").close()
                except OSError:
                    time.sleep(0.02)
                else:
                    page.append(time.monotonic() - began)
                    return

        asking = threading.Thread(target=ask)
        asking.start()
        for line in process.stdout or ():
            if "Budget Manager is up" in line:
                up = time.monotonic() - began
                asking.join()
                process.send_signal(signal.SIGINT)
                process.communicate()
                return page[0], up
    raise SystemExit("start.sh ended before it was up.")


if __name__ == "__main__":
    main()
