"""Each night an account's sums are compared: the platform's, its campaigns', the ledger's."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.models import AccountDifference, PlatformAccount
from ads.platforms.interface import Cost, CredentialsRefused, Unreachable
from ads.services import platforms
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import NOON, Scripted, account, connection, known_as, update

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)


def differences(its: PlatformAccount) -> list[tuple[object, ...]]:
    rows = its.differences.order_by("span", "start")
    return list(
        rows.values_list(
            "span", "start", "platform_amount", "campaigns_amount", "ledger_amount", "resolved_at"
        )
    )


def test_differences_are_kept_with_their_days_until_they_are_gone(platform: Scripted) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [
        Cost("7", FIRST, Decimal(5)),
        Cost("7", SECOND, Decimal("6.25")),
        Cost("8", SECOND, Decimal(4)),  # unmatched: it waits
        Cost("7", NOON.date(), Decimal(100)),  # not over
    ]
    platform.totals_of["1"] = {FIRST: Decimal(5), SECOND: Decimal("10.26")}
    assert platforms.to_reconcile(NOON) == []
    update(NOON)
    assert platforms.to_reconcile(NOON) == [its.pk]

    assert platforms.reconcile(its.pk, NOON) == 2

    off = (Decimal("10.26"), Decimal("10.25"), Decimal("10.25"))
    month = (Decimal("15.26"), Decimal("15.25"), Decimal("15.25"))
    march = date(2026, 3, 1)
    assert differences(its) == [("day", SECOND, *off, None), ("month", march, *month, None)]
    its.refresh_from_db()
    assert platforms.in_short(its) == "The platform's sums differ on one day: 2026-03-03."
    assert platforms.to_reconcile(NOON) == []

    platform.totals_of["1"][SECOND] = Decimal("10.25")
    later = NOON + DAY
    assert platforms.reconcile(its.pk, later) == 2  # the 4th, of which the totals say nothing
    assert differences(its)[0] == ("day", SECOND, *off, later)
    assert differences(its)[1][:3] == ("day", NOON.date(), 0)
    platform.totals_of["1"][NOON.date()] = Decimal(100)
    assert platforms.reconcile(its.pk, later) == 0
    assert platforms.in_short(its) == ""
    assert AccountDifference.objects.filter(resolved_at=None).count() == 0


def test_what_differs_on_days_that_are_not_compared_any_more_is_not_called_open(
    platform: Scripted,
) -> None:
    its = account(connection())
    platform.totals_of["1"] = {FIRST: Decimal(5)}
    update(NOON)
    platforms.reconcile(its.pk, NOON)
    for days, open_days in ((33, [FIRST]), (34, [])):
        platforms.reconcile(its.pk, NOON + (days - 1) * DAY)
        its.refresh_from_db()
        spans = platforms.unresolved(its)
        assert [row.start for row in spans if row.span == "day"] == open_days
    assert platforms.in_short(its) == ""
    assert ("day", FIRST, 5, 0, 0, None) in differences(its)  # as it was last seen


def test_a_night_of_many_accounts_is_spread_over_ticks(platform: Scripted) -> None:
    of = connection()
    for number in range(41):
        account(of, str(number), month_answered_at=NOON)
    first = platforms.to_reconcile(NOON)
    assert len(first) == 40
    PlatformAccount.objects.filter(pk__in=first).update(reconciled_at=NOON)
    assert len(platforms.to_reconcile(NOON)) == 1


def test_what_the_ledger_lacks_is_a_difference(platform: Scripted) -> None:
    euro = CampaignFactory.create(brand=BrandFactory.create(currency="EUR"))
    known_as(euro, "7")
    its = account(connection())
    platform.costs_of["1"] = [Cost("7", SECOND, Decimal(5))]
    platform.totals_of["1"] = {SECOND: Decimal(5)}
    update(NOON)

    platforms.reconcile(its.pk, NOON)

    assert differences(its)[0] == ("day", SECOND, 5, 5, 0, None)


def test_what_was_recorded_by_hours_is_no_difference(platform: Scripted) -> None:
    abroad = CampaignFactory.create(brand=BrandFactory.create(timezone="America/Los_Angeles"))
    known_as(abroad, "7")
    its = account(connection(), timezone="Asia/Tokyo")
    platform.gives_hours = True
    platform.costs_of["1"] = [
        Cost("7", SECOND, Decimal(5)),
        *(Cost("7", SECOND, Decimal(1), hour) for hour in (3, 4, 18, 19, 20)),
    ]
    platform.totals_of["1"] = {SECOND: Decimal(5)}
    now = datetime(2026, 3, 5, 12, tzinfo=UTC)
    update(now)
    assert abroad.spend.count() == 2

    assert platforms.reconcile(its.pk, now) == 0


def test_a_day_that_hours_need_not_be_added_up_to_is_compared(platform: Scripted) -> None:
    """In winter London's days are those of the account, in UTC."""
    known_as(CampaignFactory.create(brand__timezone="Europe/London"), "7")
    its = account(connection())
    winter, summer = date(2026, 3, 10), date(2026, 3, 31)
    platform.gives_hours = True
    platform.costs_of["1"] = [Cost("7", summer, Decimal(4)), Cost("7", summer, Decimal(4), 9)]
    now = datetime(2026, 4, 2, 12, tzinfo=UTC)
    update(now)
    platform.costs_of["1"].append(Cost("7", winter, Decimal(5)))
    platform.totals_of["1"] = {winter: Decimal(5), summer: Decimal(4)}

    platforms.reconcile(its.pk, now)

    assert differences(its)[0] == ("day", winter, 5, 5, 0, None)
    assert len(differences(its)) == 2


def test_a_failure_is_tried_again_the_next_night_and_changes_nothing(platform: Scripted) -> None:
    its = account(connection(), month_answered_at=NOON)

    def down() -> None:
        raise Unreachable("No answer.")

    platform.before["totals of 1"] = down
    assert platforms.reconcile(its.pk, NOON + MINUTE) == 0
    assert platforms.to_reconcile(NOON + MINUTE) == []
    its.refresh_from_db()
    assert (its.reconciled_at, its.failing_since, its.problem) == (NOON + MINUTE, None, "")
    PlatformAccount.objects.update(month_answered_at=NOON + DAY)
    assert platforms.to_reconcile(NOON + DAY) == [its.pk]

    def refused() -> None:
        raise CredentialsRefused("Revoked.")

    platform.before["totals of 1"] = refused
    platforms.reconcile(its.pk, NOON + DAY)
    its.connection.refresh_from_db()
    assert its.connection.state == "refused"


def test_days_that_an_answer_may_lack_are_not_compared(platform: Scripted) -> None:
    """Such as those that a warehouse does not hold any more, or of a report without a file."""
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [Cost("7", FIRST, Decimal(5)), Cost("7", SECOND, Decimal(6))]
    platform.totals_of["1"] = {FIRST: Decimal(5), SECOND: Decimal(6)}
    update(NOON)
    del platform.costs_of["1"][0], platform.totals_of["1"][FIRST]

    platform.complete_days = SECOND, SECOND
    assert platforms.reconcile(its.pk, NOON) == 0
    platform.complete, platform.complete_days = False, None
    platform.costs_of["1"].clear()
    assert platforms.reconcile(its.pk, NOON) == 0

    platform.complete = True
    assert platforms.reconcile(its.pk, NOON) == 3  # both days and their month


def test_an_account_whose_timezone_is_not_known_any_more_still_shows_its_differences(
    platform: Scripted,
) -> None:
    """Its page would not open."""
    its = account(connection())
    platform.totals_of["1"] = {SECOND: Decimal(5)}
    update(NOON)
    platforms.reconcile(its.pk, NOON)
    PlatformAccount.objects.update(timezone="Mars/Olympus")

    its.refresh_from_db()
    assert platforms.in_short(its) == "The platform's sums differ on one day: 2026-03-03."
