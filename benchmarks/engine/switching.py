"""Midnight: daily budgets were used up, the day turns, and 77,500 of 100,000 campaigns start.

The rollover of the new day, audited and logged, takes turns with one UPDATE and one INSERT of the
same rows, in one transaction and without triggers. Both find the tables as they were before
midnight. The lines of the log are those of production, written to a file. The middle one of the
rounds' ratios counts; processor time is that of this process and of its session's server process
with the parallel workers that it had.
"""

import logging.config
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import connection, transaction
from support.database import execute, execute_patiently, execute_unaudited, scratch
from support.report import at_most, expect, options, seconds, table
from support.world import fill

from ads.models import DeliveryChange
from ads.services.delivery import Enforced
from ads.services.delivery.rollover import roll_over_days
from budget_manager import logs

RATIO = 2.0

#: At this instant the date is the same in all timezones.
BEFORE = datetime(2026, 3, 17, 10, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 18, 0, 0, 5, tzinfo=UTC)


class Took(NamedTuple):
    """Seconds of one round: by the clock, and of the processor for Python and for the server."""

    clock: float
    python: float
    server: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s (Python {self.python:.2f}, server {self.server:.2f})"


def main() -> None:
    sizes = options(__doc__, campaigns=100_000, switch=77_500, rounds=5).parse_args()
    with scratch(), logged() as output:
        used_up(sizes.campaigns, sizes.switch)
        ours, theirs = in_turns(sizes.switch, sizes.rounds)
        lines = Path(output).read_text().splitlines()
        expect((sizes.rounds + 1) * sizes.switch, len(lines))
    table(compared(sizes.switch, ours, theirs, RATIO))


@contextmanager
def logged() -> Iterator[str]:
    """The lines of production go to a file of this name."""
    with tempfile.NamedTemporaryFile("w") as output:
        configuration = logs.config(production=True)
        configuration["handlers"]["console"]["stream"] = output
        logging.config.dictConfig(configuration)
        yield output.name


def in_turns(switch: int, rounds: int) -> tuple[list[Took], list[Took]]:
    """What the engine took in each round, and the same rows by hand."""
    midnight(switch)  # also to know the rows
    execute("CREATE TABLE written AS SELECT * FROM ads_deliverychange")
    execute("VACUUM ANALYZE written")
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(measured(lambda: midnight(switch)))
        theirs.append(measured(by_hand))
        expect(switch, DeliveryChange.objects.count())
        print(f"  engine {ours[-1]}, by hand {theirs[-1]}", flush=True)
    return ours, theirs


def compared(
    switch: int, ours: list[Took], theirs: list[Took], bound: float
) -> list[tuple[str, str, str]]:
    """Rows of the table."""
    ratio = statistics.median(
        engine.clock / hand.clock for engine, hand in zip(ours, theirs, strict=True)
    )
    return [
        (f"{switch:,} switched, audited", str(least(ours)), ""),
        ("the same rows by hand", str(least(theirs)), ""),
        at_most("ratio", ratio, bound, "×"),
    ]


def least(rounds: list[Took]) -> Took:
    return Took(*(min(column) for column in zip(*rounds, strict=True)))


def used_up(campaigns: int, switch: int) -> None:
    """All have used up their daily budgets; ``switch`` of them start at midnight."""
    fill(campaigns, brands=campaigns // 50, schedules=50, now=BEFORE)
    execute_unaudited("UPDATE ads_brand SET timezone = 'UTC'")
    execute_unaudited("UPDATE ads_daypartingwindow SET start_time = '0:00', end_time = '0:00'")
    execute_unaudited(
        "UPDATE ads_campaign SET status = 'paused' WHERE id IN"
        " (SELECT id FROM ads_campaign ORDER BY md5(id::text) LIMIT %s)",
        [campaigns - switch],
    )
    execute_unaudited(
        "UPDATE ads_spendtotal SET amount = 100.4"
        " WHERE campaign_id IS NOT NULL AND period = 'day' AND start = %s",
        [BEFORE.date()],
    )
    execute_patiently("VACUUM FULL ads_campaign, ads_spendtotal")


def before_midnight() -> None:
    """The tables as they were, without leftovers of the round before."""
    execute_unaudited("UPDATE ads_campaign SET is_active = false WHERE is_active")
    execute_unaudited("UPDATE ads_brand SET last_daily_reset = %s", [BEFORE.date()])
    execute_patiently("TRUNCATE ads_deliverychange CASCADE")
    execute_patiently("VACUUM ANALYZE")
    execute("CHECKPOINT")


def measured(act: Callable[[], object]) -> Took:
    before_midnight()
    python, server = time.process_time(), of_server()
    clock, _ = seconds(act)
    return Took(clock, time.process_time() - python, of_server() - server)


def midnight(switch: int) -> None:
    expect(Enforced(started=switch), roll_over_days(MIDNIGHT).enforced)


def by_hand() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE ads_campaign AS campaign SET is_active = written.is_active FROM written"
            " WHERE campaign.id = written.campaign_id"
        )
        cursor.execute("INSERT INTO ads_deliverychange SELECT * FROM written ORDER BY id")


def of_server() -> float:
    """Processor time of our session's process, and of the server's processes that have ended."""
    ((pid,),) = execute("SELECT pg_backend_pid()")
    own = _stat(pid)
    ended = _stat(int(own[1]))
    ticks = sum(map(int, (*own[11:13], *ended[13:15])))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """From the third field on, the state: the name before it may have spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


if __name__ == "__main__":
    main()
