"""Switching 77,500 campaigns in one sweep, with a line in the log for each and without.

The lines are those of production, written to a file. Rounds with and without take turns; the
shortest of each counts.
"""

import logging
import logging.config
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.database import execute_unaudited, scratch
from support.report import at_most, expect, options, seconds, table
from support.world import NOW, decide, fill, settle

from ads.models import Campaign
from ads.services.delivery import Enforced
from budget_manager import logs

RATIO = 1.15
MICROSECONDS = 20


def main() -> None:
    sizes = options(__doc__, campaigns=100_000, switch=77_500, rounds=4).parse_args()
    with scratch(), tempfile.NamedTemporaryFile("w") as output:
        fill(sizes.campaigns, brands=sizes.campaigns // 50, schedules=50, now=NOW)
        settle(NOW)
        stopped = list(
            Campaign.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)
        )[: sizes.switch]
        execute_unaudited("UPDATE ads_campaign SET daily_budget = 1 WHERE id = ANY(%s)", [stopped])
        configuration = logs.config(production=True)
        configuration["handlers"]["console"]["stream"] = output
        logging.config.dictConfig(configuration)
        took: dict[int, list[float]] = {logging.INFO: [], logging.WARNING: []}
        worked: dict[int, list[float]] = {logging.INFO: [], logging.WARNING: []}
        for level in [logging.WARNING, logging.INFO] * sizes.rounds:
            logging.getLogger("ads").setLevel(level)
            began = time.process_time()
            took[level].append(seconds(lambda: stop(stopped))[0])
            worked[level].append(time.process_time() - began)
        lines = Path(output.name).read_text().splitlines()
        expect(sizes.rounds * len(stopped), len(lines))
    without, with_lines = (min(took[level]) for level in (logging.WARNING, logging.INFO))
    work = min(worked[logging.INFO]) - min(worked[logging.WARNING])
    print(f"  without {took[logging.WARNING]}\n  with    {took[logging.INFO]}")
    print(f"  {len(stopped):,} switches, a line of {len(lines[-1])} bytes for each")
    table(
        [
            at_most("with lines / without", with_lines / without, RATIO),
            at_most("a line, CPU", work / len(stopped) * 1e6, MICROSECONDS, " µs", digits=1),
        ]
    )


def stop(campaigns: list[int]) -> None:
    execute_unaudited("UPDATE ads_campaign SET is_active = true WHERE id = ANY(%s)", [campaigns])
    expect(Enforced(stopped=len(campaigns)), decide())


if __name__ == "__main__":
    main()
