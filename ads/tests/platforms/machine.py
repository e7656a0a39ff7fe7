"""A platform at which anything goes wrong at any time, and Budget Manager beside it."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db import connection as database
from django.db import models, transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    PlatformAccount,
    PlatformCampaign,
    SpendTotal,
    SwitchOrder,
)
from ads.rules.calendar import hour_span, local_date
from ads.rules.caps import budget_there
from ads.services import caps, platforms
from ads.services.connections import InvalidConnection, lifecycle
from ads.services.delivery import Trigger, enforce, rollover
from ads.services.platforms.accounts import to_list
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.stand_in import StandIn
from stand_ins import world
from stand_ins.faults import CALLS, KINDS
from stand_ins.world import World

#: Europe's clocks are put forward in the second night, America's were before.
BEGINS = datetime(2026, 3, 27, 15, 30, tzinfo=UTC)
BEGAN = BEGINS - timedelta(hours=20)
SECRET = "S3CRETnobodymayread0042"  # noqa: S105 - opens nothing
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
#: How access tokens begin, and addresses of reports end, that stand-ins give out.
GIVEN_OUT = ("ya29.", "opens-the-report")
LOGGERS = ("ads", "budget_manager")

#: Accounts by their ID, with their timezones.
ACCOUNTS = {"7001000001": NEW_YORK, "7001000002": BERLIN}
#: By the campaign's ID there: its account, the brand of ours, a click's price, seconds between.
CAMPAIGNS = {
    "1101": ("7001000001", "East", "0.35", 60),
    "1102": ("7001000001", "East", "1.15", 90),
    "1103": ("7001000001", "West", "0.50", 45),
    "1201": ("7001000002", "Berlin", "0.20", 30),
    "1202": ("7001000002", "Berlin", "2.40", 240),
}
BRANDS = {
    "East": (NEW_YORK, "USD"),
    "West": ("America/Los_Angeles", "USD"),
    "Berlin": (BERLIN, "EUR"),
}

#: Of each campaign there: what a day of the dearest costs at most, or less where it is capped.
OWN_BUDGET = Decimal(1200)

#: What people set there: nothing that could be a cap.
BY_HAND = (Decimal("3.41"), Decimal("2100.13"), Decimal("3000.37"))

STEPS = st.sampled_from([1, 5, 5, 5, 5, 15, 65, 65, 400, 1500])
BUDGETS = st.sampled_from([None, *map(Decimal, ("15", "60", "180.55", "400"))])
THEIRS = st.sampled_from(sorted(CAMPAIGNS))


def small_world() -> World:
    """Two accounts with five campaigns, which have run since yesterday."""
    made = World(
        {
            key: world.Account(key, f"Account {key}", zone, "EUR" if zone == BERLIN else "USD")
            for key, zone in ACCOUNTS.items()
        },
        {
            key: world.Campaign(
                key, account, f"Campaign {key}", Decimal(click), every, daily_budget=OWN_BUDGET
            )
            for key, (account, _, click, every) in CAMPAIGNS.items()
        },
        clock=BEGINS,
        began=BEGAN,
    )
    made.settings.secret = SECRET
    return made


class Lines(logging.Handler):
    """All that our loggers say, with tracebacks, before anything is taken out of it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.formatter = logging.Formatter()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.msg} {record.args} {self.format(record)}")


class AtRandom(RuleBasedStateMachine):
    """All of it in a transaction that is rolled back. Budget Manager's clock is the platform's."""

    #: Set before it runs.
    stand_in: ClassVar[StandIn]
    credentials: ClassVar[dict[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = BEGINS
        self.stand_in.reset(small_world())
        self.accounts = self.stand_in.state()["accounts"]
        self.told = 0
        self.errors: list[str] = []
        self.lines = Lines()
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self.lines)
        self.connection = lifecycle.add(
            platform=self.stand_in.platform, name="Agency", given=self.credentials, now=self.now
        )
        brands = {
            name: BrandFactory.create(name=name, timezone=zone, currency=currency)
            for name, (zone, currency) in BRANDS.items()
        }
        self.ours: dict[str, Campaign] = {}
        self.own = dict.fromkeys(CAMPAIGNS, OWN_BUDGET)
        for reference, (account, brand, *_) in CAMPAIGNS.items():
            ours = CampaignFactory.create(brand=brands[brand], name=f"Ours {reference}")
            CampaignReference.objects.create(
                campaign=ours,
                platform=self.stand_in.platform,
                account=account,
                reference=reference,
            )
            self.ours[reference] = ours
        self.enforced()
        platforms.list_accounts(self.connection.pk, self.now)
        accounts = PlatformAccount.objects.values_list("pk", flat=True)
        assert lifecycle.read(list(accounts), is_read=True, now=self.now) == len(ACCOUNTS)

    def teardown(self) -> None:
        try:
            self.settled()
        finally:
            for name in LOGGERS:
                logging.getLogger(name).removeHandler(self.lines)
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- what happens here ----------------------------------------------------------------------

    @rule(minutes=STEPS)
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.stand_in.set_clock(self.now)

    @rule()
    def asking(self) -> None:
        for pk in to_list(self.now):
            platforms.list_accounts(pk, self.now)
        for pk in platforms.to_ask(self.now)[0]:
            self.errors.append(platforms.ask(pk, self.now).error)

    @rule()
    def telling(self) -> None:
        last = SwitchOrder.objects.aggregate(last=models.Max("settled_at"))["last"]
        self.errors += platforms.sync_platforms(self.now).errors
        self.what_was_told_was_meant()
        if last is None or last < self.now:
            self.what_was_confirmed_is_so()

    @rule()
    def capping(self) -> None:
        caps.agree(self.now)
        for pk in caps.due_accounts(self.now):
            self.errors.append(str(platforms.cap(pk, lambda: self.now).error or ""))

    def check(self) -> None:
        rollover.roll_over_days(self.now)
        rollover.roll_over_months(self.now)
        self.enforced()

    @rule(minutes=STEPS)
    def tick(self, minutes: int) -> None:
        self.time_passes(minutes)
        self.asking()
        self.check()
        self.telling()
        self.capping()

    @rule(brand=st.sampled_from(sorted(BRANDS)), how=st.sampled_from(["none", "limit", "strict"]))
    def caps_are_chosen(self, brand: str, how: str) -> None:
        Brand.objects.filter(name=brand).update(platform_caps=how)

    @rule(theirs=THEIRS, daily=BUDGETS, monthly=st.booleans())
    def budget_edited(self, theirs: str, daily: Decimal | None, monthly: bool) -> None:
        ours = Campaign.objects.get(pk=self.ours[theirs].pk)
        ours.daily_budget, ours.monthly_budget = daily, Decimal(2000) if monthly else None
        ours.save(update_fields=["daily_budget", "monthly_budget"])
        self.enforced()

    @rule(brand=st.sampled_from(sorted(BRANDS)), daily=BUDGETS)
    def brands_budget_edited(self, brand: str, daily: Decimal | None) -> None:
        owner = Brand.objects.get(name=brand)
        owner.daily_budget = daily
        owner.save(update_fields=["daily_budget"])
        self.enforced()

    @rule()
    def connected_again(self) -> None:
        try:
            lifecycle.renew(self.connection, given=self.credentials, now=self.now)
        except InvalidConnection as error:  # the platform was asked, and said no
            self.errors.append(str(error))

    def enforced(self) -> None:
        enforce(Campaign.objects.all(), self.now, Trigger.CHECK_CAMPAIGN_BUDGETS)

    # --- what happens there ---------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(KINDS),
        call=st.sampled_from(["*", *CALLS]),
        times=st.integers(1, 3),
        after=st.integers(0, 2),
    )
    def fault(self, kind: str, call: str, times: int, after: int) -> None:
        # A line that stays open takes real time; one that ends without an answer is the same.
        seconds = 0 if kind == "timeout" else 90
        self.stand_in.fault(kind, call, times=times, after=after, seconds=seconds)

    @rule(theirs=THEIRS, is_on=st.booleans())
    def switched_by_hand(self, theirs: str, is_on: bool) -> None:
        if self.is_there(theirs):
            self.stand_in.post(f"/campaigns/{theirs}", {"is_on": is_on})

    @rule(
        theirs=THEIRS,
        kind=st.sampled_from(KINDS),
        call=st.sampled_from(["switch", "read_back", "token"]),
        edits=st.lists(BUDGETS, min_size=1, max_size=3),
    )
    def budgets_are_edited_while_telling_fails(
        self, theirs: str, kind: str, call: str, edits: list[Decimal | None]
    ) -> None:
        self.fault(kind, call, times=len(edits), after=0)
        for daily in edits:
            self.budget_edited(theirs, daily, monthly=False)
            self.time_passes(1)
            self.telling()

    @rule(theirs=THEIRS, daily=st.sampled_from(BY_HAND))
    def budget_set_by_hand(self, theirs: str, daily: Decimal) -> None:
        if self.is_there(theirs):
            self.stand_in.post(f"/campaigns/{theirs}", {"daily_budget": str(daily)})
            self.own[theirs] = daily

    @rule(theirs=THEIRS)
    def renamed(self, theirs: str) -> None:
        if self.is_there(theirs):
            self.stand_in.post(f"/campaigns/{theirs}", {"name": f"Renamed at {self.now:%H:%M}"})

    @rule(theirs=THEIRS, is_all_of_it=st.booleans())
    def deleted(self, theirs: str, is_all_of_it: bool) -> None:
        # Microsoft's report without a row says nothing about zeros.
        is_all_of_it &= self.stand_in.platform != "microsoft_ads"
        if self.is_there(theirs):
            if is_all_of_it:
                self.stand_in.delete(f"/campaigns/{theirs}")
            else:
                self.stand_in.post(f"/campaigns/{theirs}", {"is_removed": True})

    @rule(theirs=THEIRS, days=st.integers(0, 3), cents=st.integers(1, 5000), less=st.booleans())
    def restated(self, theirs: str, days: int, cents: int, less: bool) -> None:
        if not self.is_there(theirs):
            return
        zone = ACCOUNTS[CAMPAIGNS[theirs][0]]
        day = local_date(self.now, zone) - timedelta(days=days)
        amount, hour = Decimal(cents) / 100, 12
        if less:  # half of an hour that has cost something
            said = self.stand_in.costs(day, day, by_hour=True, reported=True, campaign=theirs)
            most = max(said, key=lambda key: said[key], default=None)
            if most is None or most[2] is None:
                return
            hour, amount = most[2], -round(said[most] / 2, 2)
        restatement = {"date": day.isoformat(), "amount": str(amount), "hour": hour}
        self.stand_in.post(f"/campaigns/{theirs}/restate", restatement)

    @rule(account=st.sampled_from(sorted(ACCOUNTS)))
    def account_vanishes(self, account: str) -> None:
        if account in self.stand_in.state()["accounts"]:
            self.stand_in.delete(f"/accounts/{account}")

    @rule(account=st.sampled_from(sorted(ACCOUNTS)))
    def account_is_suspended(self, account: str) -> None:
        if account in self.stand_in.state()["accounts"]:
            self.stand_in.post(f"/accounts/{account}", {"state": "suspended"})

    @rule()
    def accounts_return(self) -> None:
        for key, its in self.accounts.items():
            self.stand_in.put("/accounts", its)
            self.stand_in.post(f"/accounts/{key}", {"state": ""})

    @rule(is_revoked=st.booleans())
    def token_is_revoked(self, is_revoked: bool) -> None:
        self.stand_in.configure(is_revoked=is_revoked)

    @rule(
        reporting=st.sampled_from([0, 300, 3600]),
        status=st.sampled_from([0, 0, 60]),
        page=st.integers(0, 2),
    )
    def its_ways(self, reporting: int, status: int, page: int) -> None:
        self.stand_in.configure(reporting_lag=reporting, status_lag=status, page_size=page)

    def is_there(self, theirs: str) -> bool:
        its = self.stand_in.state()["campaigns"].get(theirs)
        return its is not None and not its["is_removed"]

    # --- what must be so ------------------------------------------------------------------------

    def what_was_told_was_meant(self) -> None:
        switches = self.stand_in.state()["switches"]
        meant = dict(Campaign.objects.values_list("pk", "is_active"))
        for each in switches[self.told :]:
            if each["by"] == "api":
                assert each["is_on"] is meant[self.ours[each["campaign"]].pk], each
        self.told = len(switches)

    def what_was_confirmed_is_so(self) -> None:
        there = self.stand_in.state()["campaigns"]
        for order in SwitchOrder.objects.filter(state="confirmed", settled_at=self.now):
            its = there[order.remote_id]  # one that was removed runs no more, whatever its switch
            assert (its["is_on"] and not its["is_removed"]) is order.is_on, order

    def settled(self) -> None:
        """Nothing goes wrong any more; after a few ticks everything is as it should be."""
        self.stand_in.delete("/faults")
        self.stand_in.configure(is_revoked=False, reporting_lag=0, status_lag=0)
        self.accounts_return()
        self.connected_again()
        for minutes in (5, 65, 31 * 60, 65, 5, 5):
            self.tick(minutes)
        state = self.stand_in.state()
        note(f"at {self.now}, campaigns as {self.ours}")
        for each in state["switches"]:
            note(str(each))
        note(str(list(PlatformAccount.objects.values("remote_id", "state", "problem"))))
        for order in SwitchOrder.objects.order_by("pk"):
            note(f"{order}: {order.state}, {order.written_at:%d %H:%M}, {order.answer}")
        self.campaigns_are_capped_there(state)
        self.the_ledger_is_what_it_cost_there()
        self.campaigns_run_there_that_run_here(state)
        self.nobody_reads_the_secret()

    def the_ledger_is_what_it_cost_there(self) -> None:
        costs: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
        since = BEGAN.date() - timedelta(days=7)
        said = self.stand_in.costs(since, self.now.date(), by_hour=True, reported=True)
        for (theirs, day, hour), amount in said.items():
            account, brand, *_ = CAMPAIGNS[theirs]
            assert hour is not None
            span = hour_span(day, time(hour), ACCOUNTS[account])
            assert span is not None
            its_day = local_date(span[0], BRANDS[brand][0])
            costs[self.ours[theirs].pk, its_day] += amount
        kept = SpendTotal.objects.filter(campaign__isnull=False, period="day")
        ledger = {
            (pk, day): amount for pk, day, amount in kept.values_list("campaign", "start", "amount")
        }
        for key in sorted({*ledger, *costs}):
            assert ledger.get(key, 0) == costs[key], (key, ledger.get(key), costs[key])

    def campaigns_are_capped_there(self, state: Any) -> None:
        """Each budget is its own, or what the brand's choice and limits make of it."""
        wanted = caps.wanted(caps.capped_campaigns(), self.now)
        places = {place.pk: place.remote_id for place in PlatformCampaign.objects.all()}
        meant = {places[pk]: one.cap for pk, one in wanted.items()}
        budgets = {key: its["daily_budget"] for key, its in state["campaigns"].items()}
        for key, its in state["campaigns"].items():
            if not its["is_removed"] and meant.get(key) != 0:
                assert Decimal(budgets[key]) == budget_there(self.own[key], meant.get(key)), key

    def campaigns_run_there_that_run_here(self, state: Any) -> None:
        meant = dict(Campaign.objects.values_list("pk", "is_active"))
        there = [key for key, its in state["campaigns"].items() if not its["is_removed"]]
        assert {key: key in state["serving"] for key in there} == {
            key: meant[self.ours[key].pk] for key in there
        }
        spent = {
            total.campaign_id: total.amount
            for total in SpendTotal.objects.filter(
                period="day", start=models.F("brand__last_daily_reset"), campaign__isnull=False
            )
        }
        for theirs, ours in self.ours.items():
            budget = Campaign.objects.get(pk=ours.pk).daily_budget
            if budget is not None and spent.get(ours.pk, Decimal(0)) >= budget:
                assert theirs not in state["serving"]

    def nobody_reads_the_secret(self) -> None:
        pasted = {text for name, text in self.credentials.items() if name != "client_id"}
        secrets = {*pasted, *GIVEN_OUT}
        for where, text in [*enumerate(self.lines.said), *enumerate(self.errors), *stored()]:
            assert not any(secret in text for secret in secrets), (where, text)
        assert not any("unexpectedly" in error for error in self.errors), self.errors


def stored() -> Iterator[tuple[str, str]]:
    """Every row of every table of ours, as text."""
    with database.cursor() as cursor:
        tables = [name for name in database.introspection.table_names(cursor) if "ads_" in name]
        for table in tables:
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')
            yield from ((table, text) for (text,) in cursor.fetchall())


@contextmanager
def ready(stand_in: StandIn, credentials: dict[str, str]) -> Iterator[type[AtRandom]]:
    """The machine for this stand-in."""

    class Ready(AtRandom):
        pass

    Ready.stand_in, Ready.credentials = stand_in, credentials
    yield Ready
