"""Start a stand-in: `python -m stand_ins meta_ads --world demo`.

Prints one line of JSON with its addresses when it answers, and ends with a signal, or with whoever
started it where standard input is a pipe of theirs.
"""

import zoneinfo

# The world's days are those of the product, which reads the pinned timezone database.
zoneinfo.reset_tzpath(())

import argparse  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import stat  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from collections.abc import Mapping  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Protocol  # noqa: E402

from stand_ins import PLATFORMS, control  # noqa: E402
from stand_ins.stage import WORLD, Stage  # noqa: E402
from stand_ins.worlds import named  # noqa: E402


class PlatformServer(Protocol):
    """What ``start`` returns: where it answers, and the credentials that it accepts, by name."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """At least ``address``, to be put into ``<PLATFORM>_ENDPOINT``."""
        ...

    def close(self) -> None: ...


def main() -> None:
    """Run until a signal or the end of standard input."""
    parser = argparse.ArgumentParser(prog="python -m stand_ins", description=__doc__)
    parser.add_argument("platform", choices=PLATFORMS)
    parser.add_argument("--port", type=int, default=0, help="of the platform; 0: any that is free")
    parser.add_argument("--control-port", type=int, default=0, help="of the API that steers it")
    parser.add_argument("--world", default="demo", help="empty, demo or many:ACCOUNTS:CAMPAIGNS")
    parser.add_argument("--state", type=Path, help="a file that keeps the world over a restart")
    options = parser.parse_args()

    kept = options.state and options.state.exists()
    world = (
        WORLD.validate_json(options.state.read_bytes())
        if kept
        else named(options.world, options.platform)
    )
    stage = Stage(world, options.platform, state=options.state)
    ends = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.set())

    module = importlib.import_module(f"stand_ins.{options.platform}.server")
    server: PlatformServer = module.start(stage, options.port)
    steering = control.serve(stage, options.control_port)
    addresses = {**server.addresses, "control": steering.address}
    print(json.dumps({"platform": options.platform, **addresses}), flush=True)

    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        threading.Thread(target=_wait_for_the_end_of_input, args=(ends,), daemon=True).start()
    ends.wait()
    stage.is_closing.set()
    steering.close()
    server.close()


def _wait_for_the_end_of_input(ends: threading.Event) -> None:
    sys.stdin.buffer.read()
    ends.set()


if __name__ == "__main__":
    main()
