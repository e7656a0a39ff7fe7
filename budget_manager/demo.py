"""Stand-ins for ad platforms beside everything else: ``DEMO_PLATFORMS=google_ads ./start.sh``."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from django.core.management import CommandError

from stand_ins import PLATFORMS

VARIABLE: Final = "DEMO_PLATFORMS"

#: Which variable gets what a stand-in says of itself; {} is the platform's code.
_VARIABLES: Final = {
    "address": "{}_ENDPOINT",
    "client_id": "{}_CLIENT_ID",
    "client_secret": "{}_CLIENT_SECRET",
    "roots": "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
}

#: What each stand-in says of itself, by the platform's code.
Demo = Mapping[str, Mapping[str, str]]


def chosen() -> list[str]:
    """The platforms that the environment names; refuses one that has no stand-in."""
    names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    for name in names:
        if name not in PLATFORMS:
            raise CommandError(
                f"{VARIABLE}: {name!r} has no stand-in: use some of {', '.join(PLATFORMS)}, with "
                "commas between."
            )
    return list(dict.fromkeys(names))


@contextmanager
def running(base_dir: Path, platforms: list[str]) -> Iterator[Demo]:
    """Run the stand-ins, with their worlds in ``.local/``, and let this process's environment lead
    to them: everything that is started from it finds them in a platform's place.
    """
    folder = base_dir / ".local" / "stand_ins"
    with ExitStack() as all_of_them:
        demo = {}
        for code in platforms:
            folder.mkdir(parents=True, exist_ok=True)
            said = all_of_them.enter_context(
                _running(base_dir, code, folder / f"{code}-world.json")
            )
            for name, variable in _VARIABLES.items():
                if name in said:
                    os.environ[variable.format(code.upper())] = said[name]
            demo[code] = said
        yield demo


@contextmanager
def _running(base_dir: Path, code: str, state: Path) -> Iterator[Mapping[str, str]]:
    command = [sys.executable, "-m", "stand_ins", code, "--world", "demo", "--state", str(state)]
    process = subprocess.Popen(
        command,
        cwd=base_dir,
        stdin=subprocess.PIPE,  # it ends when this closes, however this process ends
        stdout=subprocess.PIPE,
        start_new_session=True,  # a terminal's Ctrl-C is not for it
        text=True,
    )
    with process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise CommandError(
                f"{VARIABLE}: the stand-in for {code} does not start; its words are above. If its "
                f"world cannot be read, delete {state}."
            )
        yield json.loads(line)


def said_of(demo: Demo) -> str:
    """Where the stand-ins are and what they accept, for people."""
    if not demo:
        return ""
    lines = ["Stand-ins for ad platforms, to be connected in the console under Connections:"]
    for code, said in demo.items():
        lines.append(f"  {code} (control address {said['control']})")
        lines += [
            f"    {name.ljust(16)} {value}"
            for name, value in said.items()
            if name not in {"platform", "address", "control", "roots"}
        ]
    return "\n".join(lines) + "\n"
