"""This checkout against another commit: a benchmark run in both, in turns, and the ratio.

    python benchmarks/compare.py [--rounds 3] COMMIT decide.py [its own arguments]

The other commit is checked out beside this one for the time of the run, and uses this one's
``.venv`` and servers. Each figure is the median of its rounds; a line is compared if both
checkouts print it with the same words. Above 1.00, this checkout's figure is the larger.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import support.database  # noqa: F401  (sets Django up, which finds or starts the servers)
from django.conf import settings

HERE = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")

#: Of each line (its words, without numbers): the numbers of every round.
Figures = dict[str, list[list[float]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("script", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    here: Figures = defaultdict(list)
    there: Figures = defaultdict(list)
    with checked_out(options.commit) as other:
        for number in range(options.rounds):
            turns = [(HERE, here), (other, there)]
            for checkout, figures in turns if number % 2 else reversed(turns):
                for words, numbers in run(checkout, options.script):
                    figures[words].append(numbers)
    print(f"{'here':>12} {options.commit:>12}  ratio")
    for words in here.keys() & there.keys():
        for mine, theirs in zip(medians(here[words]), medians(there[words]), strict=True):
            if mine != theirs and theirs:
                print(f"{mine:>12,.2f} {theirs:>12,.2f}  {mine / theirs:.2f}×  {words.strip()}")


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other"
        git("worktree", "add", "--detach", str(other), commit)
        try:
            yield other
        finally:
            git("worktree", "remove", "--force", str(other))


def git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(HERE), *arguments], check=True, capture_output=True)


def run(checkout: Path, script: list[str]) -> Iterator[tuple[str, list[float]]]:
    """Each line that the script prints: its words, and its numbers.

    The script is named without its folder, which may be another one in the other checkout.
    """
    name, *arguments = script
    (found,) = (checkout / "benchmarks").rglob(name)
    done = subprocess.run(
        [sys.executable, str(found), *arguments],
        cwd=checkout,
        env=os.environ | {"DATABASE_URL": settings.DATABASE_URL, "REDIS_URL": settings.REDIS_URL},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in done.stdout.splitlines():
        numbers = [float(number.replace(",", "")) for number in NUMBER.findall(line)]
        if numbers and not line.startswith("load"):
            yield NUMBER.sub("#", " ".join(line.split())), numbers


def medians(rounds: list[list[float]]) -> list[float]:
    return [statistics.median(numbers) for numbers in zip(*rounds, strict=True)]


if __name__ == "__main__":
    main()
