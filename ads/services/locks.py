"""The only place that takes row locks, and the order in which everybody takes them.

1. The right to undo a batch (:attr:`Only.UNDOING`).
2. Unknown references (:class:`UnknownReference`), by platform, account and reference.
3. The batch that is undone, or that what waited is added to (:class:`SpendBatch`).
4. Reported totals (:class:`ReportedTotal`), by campaign, date and reference.
5. Running sums (:class:`SpendTotal`), by brand, campaign (the brand's own first), period and start:
   the ledger's trigger does so within the INSERT, :func:`totals_of_brands`,
   :func:`totals_of_owner`, :func:`totals_of_campaigns` and :func:`totals` by hand. Whoever gives,
   undoes or ends an allowance holds that of its owner.
   Then, where a campaign has a total budget or a group, the right to decide on such budgets of its
   brand (:func:`long_budgets`): their sums span months, of which two entries need have no row in
   common.
6. Campaigns, by primary key. Whoever works out margins holds those of their campaigns.
7. Switch orders, by primary key. Whoever writes down what an account on a platform answered, or
   what its campaigns do there, holds the account's row before: :func:`account`.

Saving a sender (a key, a webhook endpoint) takes a lock of its own, and none of these. An import
that creates campaigns takes one before all of these.

A setup file takes one of its own, so that two of them never wait for each other, that of imports if
it creates campaigns, then 5 and 6, and last the brands that it changes: :func:`setup`. Planned
budgets take 5 and 6 and then the brand too: :func:`budgets`. The clock tasks take one of their own
before, and leave them to whoever has it.

Writing daily caps takes one of its own, then their rows; whoever writes down what became of one
holds the account's row before.

Archiving a month takes one of its own; its entries are nobody's to lock, and the ledger's trigger
then updates their batches.

A page on which somebody edits a row locks that row, then those that are edited within it, and then
none of the others: :func:`edited`.

Sweeps take the last alone; the rollover takes brands, by primary key, in a transaction that locks
nothing else. Nobody takes an earlier one while holding a later one, so there are no deadlocks. Bulk
updates of configuration lock their rows by primary key too
(:class:`ads.models.base.ConfigurationQuerySet`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime
from enum import IntEnum
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate

from ads.holds import EACH, as_array, is_long
from ads.models import (
    Brand,
    BudgetCap,
    Campaign,
    PlatformAccount,
    SpendBatch,
    SpendTotal,
    SwitchOrder,
    UnknownReference,
)
from ads.models.platforms import OrderState
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.services import visible
from ads.services.campaign_lookup import Reference


class Only(IntEnum):
    """What is done by one at a time, where no row stands for it; any numbers of their own."""

    #: One worker process for uploaded files: see :func:`only_import`.
    IMPORT = 0x1_0B0D6E7
    #: By files, before all other locks: two may bring the same ones.
    CREATING_CAMPAIGNS = 0xCA4BA165
    SAVING_SENDERS = 0x5E4DE25
    #: One undo may stand on the other.
    UNDOING = 0x0D0_BA7C
    SETTING_UP = 0x5E7_0B
    #: A month, or bringing one back.
    ARCHIVING = 0xA4C_417E
    COUNTING_METRICS = 0xC0_0479
    CAPPING = 0xCA9_91D6
    REPLAYING = 0x4E_91A7
    LOOKING_FOR_ALERTS = 0xA1E_275
    APPLYING_PLANS = 0x91A_4417


#: That of :func:`long_budgets`, to which the brand's id is added.
_LONG_BUDGETS: Final = 0x10_46 << 44


def among(ids: Iterable[int]) -> RawSQL:
    """For ``pk__in``: one array, where Django would prepare and send each of the ids separately."""
    return RawSQL(EACH, [as_array(ids)])  # noqa: S611  (the ids are a parameter)


def without_timeouts() -> None:
    """Let the current transaction take as long as it needs, whatever the server's settings."""
    with connection.cursor() as cursor:
        # Not every version has each of them.
        cursor.execute(
            "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN"
            " ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')"
        )


def campaigns(ids: Iterable[int], *, skip_locked: bool = False) -> list[int]:
    """Lock these campaigns until the transaction ends; the ids of those that exist.

    ``skip_locked`` leaves out those that somebody else has locked. ``NO KEY UPDATE``: inserting
    spend checks its campaign with a key-share lock, which this lets through.
    """
    return list(
        Campaign.objects.filter(pk__any_of=as_array(ids))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
        .values_list("pk", flat=True)
    )


def brands(ids: Iterable[int], *, skip_locked: bool = False) -> list[int]:
    """Lock these brands until the transaction ends; the ids of those that exist.

    ``skip_locked`` leaves out those that somebody else has locked.
    """
    return list(
        Brand.objects.filter(pk__in=among(ids))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
        .values_list("pk", flat=True)
    )


def edited(rows: QuerySet[Model], *within: QuerySet[Model]) -> None:
    """Lock rows that somebody edits, and then those within their page, until the transaction ends.

    So of two people who save at once, the second is compared with what the first has saved. Each
    by primary key.
    """
    for edit in (rows, *within):
        locked = edit.order_by("pk").select_for_update(of=("self",), no_key=True)
        list(locked.values_list("pk", flat=True))


def account(pk: int) -> None:
    """Let nobody else write down what this account said until the transaction ends."""
    accounts = PlatformAccount.objects.filter(pk=pk)
    list(accounts.select_for_update(no_key=True).values_list("pk"))


def orders(ids: Iterable[int]) -> list[SwitchOrder]:
    """Lock those of these switch orders that are open until the transaction ends, in key order."""
    found = SwitchOrder.objects.filter(
        pk__in=among(ids), state__in=(OrderState.PENDING, OrderState.UNKNOWN)
    )
    return list(found.order_by("pk").select_for_update(of=("self",), no_key=True))


def one_at_a_time(what: Only) -> None:
    """Wait for whoever does this, and let nobody else do it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [what])


def is_alone(what: Only) -> bool:
    """Whether nobody else does this; keeps others from it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [what])
        return bool(cursor.fetchone()[0])


def caps(ids: Iterable[int]) -> list[BudgetCap]:
    """Lock these daily caps until the transaction ends; with their places."""
    found = BudgetCap.objects.filter(pk__in=among(ids)).select_related("place").order_by("pk")
    return list(found.select_for_update(of=("self",), no_key=True))


def budgets(campaign_ids: Collection[int], brand_ids: Collection[int], now: datetime) -> None:
    """Lock campaigns and brands whose budgets change, and wait for spend in flight on them."""
    totals_of_brands(campaign_ids, now)
    campaigns(campaign_ids)
    brands(brand_ids)


def setup(
    campaign_ids: Collection[int],
    brand_ids: Collection[int],
    now: datetime,
    *,
    renamed: Iterable[QuerySet[Model]],
) -> None:
    """The same for those that a file changes.

    ``renamed``: those of them that get another name. Spend that is being inserted refers to their
    rows and goes on to lock the sums, which are locked here: waiting for it could deadlock, so an
    error that :func:`is_in_the_way` knows is raised at once.
    """
    budgets(campaign_ids, brand_ids, now)
    for rows in renamed:
        list(rows.order_by("pk").select_for_update(of=("self",), nowait=True).values_list("pk"))


def totals_of_brands(campaign_ids: Iterable[int], now: datetime) -> None:
    """Wait for spend in flight on the brands of these campaigns, and keep more from starting.

    Every entry moves its brand's own sums. An entry that read the budgets before they were edited
    has been committed when this returns; a later one reads them after. Missing rows are made (at
    zero), because a row that is not there cannot be waited for.
    """
    owners: list[tuple[int, str, date]] = []
    brands = Brand.objects.filter(campaigns__in=list(campaign_ids)).order_by("pk").distinct()
    zones = dict(brands.values_list("pk", "timezone"))
    for pk, timezone in zones.items():
        with suppress(UnknownTimezone):  # nothing decides on its campaigns, see holds.Moment
            today = local_date(now, timezone)
            owners += [(pk, period, period_start(period, today)) for period in Period.values]
    if owners:
        brand_ids, periods, starts = zip(*owners, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT_TOTALS, [list(brand_ids), list(periods), list(starts)])
    # Late spend moves sums of other months.
    long = Campaign.objects.filter(is_long(), brand__in=zones).order_by()
    if those := list(long.values_list("brand", flat=True).distinct()):
        long_budgets(those)


_UPSERT_TOTALS: Final = """
    INSERT INTO ads_spendtotal AS total (brand_id, period, start)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::date[]) AS owner (brand_id, period, start)
     ORDER BY brand_id, period, start
        ON CONFLICT (campaign_id, period, start, brand_id) DO UPDATE SET amount = total.amount
"""


def long_budgets(brand_ids: Iterable[int]) -> None:
    """Let nobody else decide on total budgets and groups of these brands, by primary key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s + id) FROM (SELECT id FROM unnest(%s::bigint[])"
            " AS brand (id) ORDER BY id OFFSET 0) AS brand",
            [_LONG_BUDGETS, sorted(set(brand_ids))],
        )


def totals_of_owner(owner: Brand | Campaign, period: str, start: date) -> SpendTotal:
    """The owner's sum of the period, made if need be, locked until the transaction ends."""
    brand, campaign = (owner, None) if isinstance(owner, Brand) else (owner.brand, owner)
    total, _ = SpendTotal.objects.get_or_create(
        brand=brand, campaign=campaign, period=period, start=start
    )
    return SpendTotal.objects.select_for_update(no_key=True).get(pk=total.pk)


def totals_of_campaigns(campaign_ids: Iterable[int], period: str, now: datetime) -> None:
    """Lock the campaigns' sums of the current period, made if need be, as :func:`totals` does."""
    campaigns = Campaign.objects.filter(pk__in=among(campaign_ids)).order_by("brand", "pk")
    owners: list[tuple[int, int, date]] = []
    for brand, pk, timezone in campaigns.values_list("brand", "pk", "brand__timezone"):
        with suppress(UnknownTimezone):
            owners.append((brand, pk, period_start(period, local_date(now, timezone))))
    if owners:
        brand_ids, ids, starts = zip(*owners, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                _UPSERT_CAMPAIGNS_TOTALS, [period, list(brand_ids), list(ids), list(starts)]
            )


_UPSERT_CAMPAIGNS_TOTALS: Final = """
    INSERT INTO ads_spendtotal AS total (brand_id, campaign_id, period, start)
    SELECT brand_id, campaign_id, %s, start
      FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS owner (brand_id, campaign_id, start)
     ORDER BY brand_id, campaign_id
        ON CONFLICT (campaign_id, period, start, brand_id) DO UPDATE SET amount = total.amount
"""


def totals(sums: QuerySet[SpendTotal]) -> list[int]:
    """Lock these sums until the transaction ends; their ids."""
    return list(
        sums.order_by("brand", F("campaign").asc(nulls_first=True), "period", "start")
        .select_for_update(of=("self",), no_key=True)
        .values_list("pk", flat=True)
    )


def last_batch(**of: Any) -> SpendBatch | None:
    """Lock the last of these batches until the transaction ends; None: there is none."""
    return SpendBatch.objects.select_for_update(no_key=True).filter(**of).order_by("-pk").first()


def reported_totals(ids: str, values: Mapping[str, Any]) -> None:
    """Lock the reported totals whose ids the SQL ``ids`` selects, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_REPORTED_TOTALS.format(ids=ids), values)


_REPORTED_TOTALS: Final = """
    SELECT count(*)
      FROM (SELECT id FROM ads_reportedtotal WHERE id IN ({ids})
             ORDER BY campaign_id, date, known_as COLLATE "C", source COLLATE "C"
               FOR NO KEY UPDATE) AS locked
"""


def await_reported_totals(keys: str, values: Mapping[str, Any]) -> None:
    """Wait for whoever adds or changes the reported totals with the keys that SQL selects.

    A row that is not there cannot be locked; but of two that insert it the second waits for the
    first. So they are inserted, in key order, and taken back at once: nothing stays locked.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_AWAIT_REPORTED_TOTALS.format(keys=keys), values)
        transaction.set_rollback(True)


_AWAIT_REPORTED_TOTALS: Final = """
    INSERT INTO ads_reportedtotal (source, campaign_id, date, known_as, amount, observed_at)
    SELECT source, campaign_id, date, known_as, 0, now()
      FROM (SELECT DISTINCT source, campaign_id, date, known_as FROM ({keys}) AS given) AS key
     ORDER BY campaign_id, date, known_as COLLATE "C", source COLLATE "C"
        ON CONFLICT DO NOTHING
"""


def waiting_references(unknown_ids: QuerySet[Any]) -> None:
    """Lock these unknown references, in order, until the transaction ends."""
    found = UnknownReference.objects.filter(pk__in=unknown_ids)
    in_order = found.order_by(
        *(Collate(part, "C") for part in ("platform", "account", "reference"))
    )
    list(in_order.select_for_update(no_key=True).values_list("pk", flat=True))


def unknown_reference(pk: int) -> UnknownReference | None:
    """Lock this unknown reference until the transaction ends; None: it no longer exists.

    Whoever keeps spend for it holds the same lock, so the next statement sees all waiting spend.
    """
    return UnknownReference.objects.select_for_update(no_key=True).filter(pk=pk).first()


def unknown_references(
    references: Collection[Reference], only_brands: Collection[int] | None, now: datetime
) -> dict[Reference, int]:
    """Lock these unknown references, created if missing, until the transaction ends; their ids.

    Upserted rather than read: a row that is not there cannot be waited for. The last name that a
    platform gave is kept, and when spend was last received.
    """
    columns = {
        f"{part}s": [getattr(one, part) for one in references]
        for part in ("platform", "account", "reference", "name")
    }
    brands = None if only_brands is None else sorted(only_brands)
    with connection.cursor() as cursor:
        cursor.execute(
            _UNKNOWN.format(given=_GIVEN) + "RETURNING platform, account, reference, id",
            {"brands": brands, "now": now, **columns},
        )
        return {Reference(*key): pk for *key, pk in cursor.fetchall()}


def staged_unknown_references(given: str, now: datetime) -> None:
    """The same for any number, for whoever asks (:mod:`ads.services.visible`).

    ``given`` is SQL for a relation of that name with the columns platform, account, reference and
    name.
    """
    with connection.cursor() as cursor:
        brands = visible.only_brands()
        cursor.execute(_UNKNOWN.format(given=given), {"brands": brands, "now": now})


_GIVEN: Final = """
    unnest(%(platforms)s::text[], %(accounts)s::text[], %(references)s::text[], %(names)s::text[])
        AS given (platform, account, reference, name)
"""

_UNKNOWN: Final = """
    INSERT INTO ads_unknownreference AS known
           (platform, account, reference, name, only_brands, created_at, updated_at)
    SELECT platform, account, reference, name, %(brands)s::bigint[], %(now)s, %(now)s
      FROM {given}
     ORDER BY platform COLLATE "C", account COLLATE "C", reference COLLATE "C"
        ON CONFLICT (platform, account, reference, hash_array_extended(only_brands, 0)) DO UPDATE
       SET updated_at = excluded.updated_at,
           name = coalesce(nullif(excluded.name, ''), known.name)
"""


@contextmanager
def only_import() -> Iterator[bool]:
    """Whether nobody else is checking or recording an uploaded file; keeps others from it inside.

    One at a time: a message that is delivered twice is then done once, and a worker process is
    always left for stopping campaigns. Bound to the connection, so a killed worker's is free.

    Raises:
        ImproperlyConfigured: the connection is a pooler's: the lock would stay behind in its pool.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        # A pooler tells its clients a number of its own.
        if cursor.fetchone()[0] != connection.connection.info.backend_pid:
            raise ImproperlyConfigured(
                "Imports need connections to PostgreSQL itself: let the worker's DATABASE_URL lead "
                "past the pooler."
            )
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [Only.IMPORT])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone and connection.is_usable():  # else it went with the connection
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [Only.IMPORT])
