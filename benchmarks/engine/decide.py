"""Deciding all campaigns: nothing to change, then 10,000 to switch.

The engine decides on everything, and checks what has changed: nothing, and spend of every twentieth
brand. A hand-written query takes turns with it; the shortest round counts, since other work on the
machine only adds. The query is given what Python computes (open schedules, local dates); the
engine's time includes computing it. Both have the same ``work_mem``; their answers are compared.

Every twentieth campaign has a total budget and every twentieth is in a group, which the query is
spared: none of these is nearly used up.
"""

import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import transaction
from support.database import execute, execute_unaudited, scratch
from support.report import at_most, expect, options, seconds, table
from support.world import NOW, add_long_budgets, decide, fill, settle

from ads.holds import Moment
from ads.models import Campaign, DeliveryChange
from ads.services.delivery import Enforced, check
from ads.services.delivery.enforcement import SWEEP_SETTINGS

RATIO = 1.3
UNCHANGED_RATIO = 0.6
QUIET_SECONDS = 3.0
SWITCH_SECONDS = 6.0
MEMORY = 200  # MB

DISAGREEING = """
    WITH rank (schedule_id, rank) AS (VALUES {ranks}),
         zone (timezone, today, month) AS (VALUES {zones}),
         closed AS (
             SELECT campaign_id
               FROM ads_campaignschedule LEFT JOIN rank USING (schedule_id)
              GROUP BY campaign_id
             HAVING coalesce(max(rank), 0) & 1 = 0
         )
    SELECT campaign.id
      FROM ads_campaign AS campaign
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
      JOIN zone USING (timezone)
      LEFT JOIN ads_spendtotal AS b_day
        ON b_day.brand_id = brand.id AND b_day.campaign_id IS NULL
       AND b_day.period = 'day' AND b_day.start = zone.today
      LEFT JOIN ads_spendtotal AS b_month
        ON b_month.brand_id = brand.id AND b_month.campaign_id IS NULL
       AND b_month.period = 'month' AND b_month.start = zone.month
      LEFT JOIN ads_spendtotal AS day
        ON day.campaign_id = campaign.id AND day.period = 'day' AND day.start = zone.today
      LEFT JOIN ads_spendtotal AS month
        ON month.campaign_id = campaign.id AND month.period = 'month' AND month.start = zone.month
      LEFT JOIN closed ON closed.campaign_id = campaign.id AND campaign.is_dayparting_enabled
     WHERE campaign.is_active <> (
               campaign.status = 'active' AND brand.is_active
           AND coalesce(campaign.start_date <= zone.today, true)
           AND coalesce(campaign.end_date >= zone.today, true)
           AND coalesce(brand.daily_budget > coalesce(b_day.amount - b_day.waived, 0), true)
           AND coalesce(brand.monthly_budget > coalesce(b_month.amount - b_month.waived, 0), true)
           AND coalesce(campaign.daily_budget > coalesce(day.amount - day.waived, 0), true)
           AND coalesce(campaign.monthly_budget > coalesce(month.amount - month.waived, 0), true)
           AND closed.campaign_id IS NULL)
"""


def main() -> None:
    sizes = options(
        __doc__, campaigns=1_000_000, brands=20_000, schedules=500, switch=10_000, rounds=5
    ).parse_args()
    with scratch():
        fill(sizes.campaigns, brands=sizes.brands, schedules=sizes.schedules, now=NOW)
        add_long_budgets()
        settle(NOW)
        print(f"{sizes.campaigns:,} campaigns, {sizes.brands:,} brands", flush=True)
        least = quiet(sizes.rounds)
        engine, hand = least["engine"], least["by hand"]
        switching = switch(sizes.switch, sizes.rounds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table(
        [
            ("hand-written query", f"{hand:.2f} s", ""),
            at_most("nothing to change", engine, QUIET_SECONDS, " s"),
            at_most("... of the query's time", engine / hand, RATIO, "×"),
            at_most(
                "nothing has changed, of the query's time",
                least["unchanged"] / hand,
                UNCHANGED_RATIO,
                "×",
            ),
            at_most(
                "spend of every 20th brand, of the query's time",
                least["some changed"] / hand,
                UNCHANGED_RATIO,
                "×",
            ),
            at_most(f"{sizes.switch:,} switched, audited", switching, SWITCH_SECONDS, " s"),
            at_most("peak memory of the process", memory, MEMORY, " MB"),
        ]
    )


def disagreeing() -> str:
    """The hand-written query at ``NOW``: what Python has worked out is written into it."""
    moment = Moment.at(NOW, Campaign.objects.all())
    return DISAGREEING.format(
        ranks=", ".join(f"({pk}, {rank})" for rank, ids in moment.ranks.items() for pk in ids),
        zones=", ".join(
            f"('{zone}', date '{today}', date '{today.replace(day=1)}')"
            for today, zones in moment.dates.items()
            for zone in zones
        ),
    )


def by_hand(query: str) -> list[int]:
    with transaction.atomic():
        execute("SET LOCAL work_mem = %s", [SWEEP_SETTINGS["work_mem"]])
        return [pk for (pk,) in execute(query)]


SPEND_OF_EVERY_20TH_BRAND = """
    INSERT INTO ads_spend (campaign_id, amount, date)
    SELECT max(campaign.id), 0.01, (%s AT TIME ZONE brand.timezone)::date
      FROM ads_campaign AS campaign JOIN ads_brand AS brand ON brand.id = campaign.brand_id
     WHERE brand_id %% 20 = 7
     GROUP BY brand.id
"""


def quiet(rounds: int) -> dict[str, float]:
    """Seconds of the engine and of the hand-written query when every campaign agrees."""
    query = disagreeing()
    least: dict[str, float] = {}
    check(NOW)
    for _ in range(rounds):
        for what, work, agreeing in (
            ("engine", decide, Enforced()),
            ("by hand", lambda: by_hand(query), []),
            ("unchanged", lambda: check(NOW), Enforced()),
            ("some changed", lambda: check(NOW), Enforced()),
        ):
            if what == "some changed":
                execute(SPEND_OF_EVERY_20TH_BRAND, [NOW])
            took, found = seconds(work)
            expect(agreeing, found)
            least[what] = min(took, least.get(what, took))
            print(f"  {what} {took:.2f} s", flush=True)
    return least


def switch(count: int, rounds: int) -> float:
    """Seconds to stop or start ``count`` campaigns whose budgets were just lowered or raised."""
    campaigns = list(
        Campaign.objects.filter(is_active=True)
        .order_by("name")  # by name, so that they are spread over the table
        .values_list("pk", flat=True)[:count]
    )
    query = disagreeing()
    took = []
    for number in range(rounds):
        lowered = number % 2 == 0
        execute_unaudited(
            "UPDATE ads_campaign SET daily_budget = %s WHERE id = ANY(%s)",
            [5 if lowered else 100, campaigns],
        )
        expect(sorted(campaigns), sorted(by_hand(query)))
        before = DeliveryChange.objects.count()
        once, enforced = seconds(decide)
        expect(len(campaigns), enforced.stopped if lowered else enforced.started)
        expect(len(campaigns), DeliveryChange.objects.count() - before)
        took.append(once)
        print(f"  {enforced.switched:,} switched in {once:.2f} s", flush=True)
    return min(took)


if __name__ == "__main__":
    main()
