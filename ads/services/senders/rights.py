"""The rights of API keys and webhook endpoints: their brands, and a source of their own.

External ids are unique within a source, so whoever shares a source learns from conflicts which ids
others have used. Under the source of a sender that is limited to brands, only senders of the same
brands may write; that is how a key is replaced by a new one.

Day totals need no such rule: they are kept by campaign, and a sender cannot name other brands'.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.contrib.postgres.expressions import ArraySubquery
from django.db import DatabaseError, connection, transaction
from django.db.models import OuterRef

from ads.models import (
    ApiKey,
    ArchivedMonth,
    Brand,
    Connection,
    Spend,
    WaitingSpend,
    WebhookEndpoint,
)
from ads.models.access import Sender
from ads.services import locks
from ads.services.errors import InvalidSpend

logger = structlog.stdlib.get_logger(__name__)

#: How exactly it is known when a sender was last used.
NOTED_EVERY: Final = timedelta(minutes=1)

#: The product's own sources, beside the connected platforms. A platform's files have its name.
OWN_SOURCES: Final = frozenset({
    "manual", "import", "correction", "seed_data", "simulated", "google_ads", "meta_ads",
    "microsoft_ads", "tiktok_ads", "linkedin_ads", "amazon_ads", "pinterest_ads", "snapchat_ads",
    "reddit_ads", "x_ads", "warehouse",
})  # fmt: skip

LONGEST: Final = 100


class InvalidSender(ValueError):
    """An invalid sender: ``field``, ``value``, and the ``reason`` with its remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {value!r} is refused: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rights:
    """The source a sender writes under, and its brands (ids; None: every brand)."""

    source: str
    brand_ids: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class _Other:
    name: str
    brand_ids: frozenset[int] | None
    is_revoked: bool


def rights(source: str, *, brands: Iterable[Brand], every_brand: bool) -> Rights:
    """The rights as chosen.

    Raises:
        InvalidSender: both every brand and some, or none at all.
    """
    chosen = list(brands)
    names = ", ".join(brand.name for brand in chosen)
    if every_brand and chosen:
        raise InvalidSender("brands", names, "choose brands or every brand, not both.")
    if not every_brand and not chosen:
        raise InvalidSender("brands", names, "choose its brands, or every brand.")
    return Rights(source, None if every_brand else frozenset(brand.pk for brand in chosen))


def check(
    model: type[ApiKey] | type[WebhookEndpoint],
    name: str,
    wanted: Rights,
    *,
    sender: Sender | None = None,
) -> None:
    """Refuse a name that is taken and a source that is not the sender's own.

    Call it inside the transaction that saves the sender: until that ends, no other sender can be
    saved. ``sender``: the one that is edited.

    Raises:
        InvalidSender: with the field, the value and the remedy.
    """
    _check_text("name", name)
    _check_text("source", wanted.source)
    locks.one_at_a_time(locks.Only.SAVING_SENDERS)
    named = model._default_manager.filter(name=name)
    if (named.exclude(pk=sender.pk) if sender else named).exists():
        raise InvalidSender("name", name, "another sender has this name; choose a different one.")
    others = _others(wanted.source, sender)
    if wanted.brand_ids is None:
        reason = _belongs_to_another([other for other in others if not other.is_revoked])
    else:
        reason = _why_not_its_own(wanted, others, sender)
    if reason:
        raise InvalidSender("source", wanted.source, reason)


def check_open(source: str) -> None:
    """Refuse a source that belongs to a limited sender: nobody else may write under it.

    Raises:
        InvalidSpend: it does.
    """
    if reason := _belongs_to_another(_others(source, None)):
        raise InvalidSpend("source", source, reason)


def _check_text(field: str, text: str) -> None:
    if not text or text != text.strip():
        raise InvalidSender(field, text, "enter text that does not begin or end with a space.")
    if not text.isprintable():
        raise InvalidSender(field, text, "it contains invisible characters.")
    if len(text) > LONGEST:
        raise InvalidSender(field, text, f"it is longer than {LONGEST} characters; shorten it.")


def _belongs_to_another(others: list[_Other]) -> str:
    for other in others:
        if other.brand_ids is not None:
            return (
                f"it belongs to {other.name}, which is limited to brands and could learn of others "
                "through it; choose another source."
            )
    return ""


def _why_not_its_own(wanted: Rights, others: list[_Other], sender: Sender | None) -> str:
    """Why a limited sender cannot have its source; "": it can."""
    its_own = wanted.source in OWN_SOURCES
    if its_own or Connection.objects.filter(source=wanted.source).exists():
        return "the product itself writes under it, for every brand; choose another source."
    for other in others:
        if other.brand_ids != wanted.brand_ids:
            return (
                f"{other.name}, which is for other brands, uses it or has used it; choose another "
                "source."
            )
    if not others and not _has_grown(wanted, sender) and _is_written(wanted.source):
        return "spend has been recorded under it, maybe of other brands; choose a new source."
    return ""


def _has_grown(wanted: Rights, sender: Sender | None) -> bool:
    """Does the edited sender keep its source, and all brands that it could write so far?"""
    if sender is None or wanted.brand_ids is None:
        return False
    before = type(sender)._default_manager.get(pk=sender.pk)
    if before.source != wanted.source or before.every_brand:
        return False
    return wanted.brand_ids.issuperset(before.brands.values_list("pk", flat=True))


def _others(source: str, sender: Sender | None) -> list[_Other]:
    """Other senders that write under the source, or have done so."""
    found = []
    for model in (ApiKey, WebhookEndpoint):
        senders = model._default_manager.filter(source=source).order_by("pk")
        if isinstance(sender, model):
            senders = senders.exclude(pk=sender.pk)
        for other in senders.annotate(brand_ids=brand_ids_of(model)):
            ids = None if other.every_brand else frozenset(other.brand_ids)
            is_revoked = isinstance(other, ApiKey) and other.revoked_at is not None
            found.append(_Other(other.name, ids, is_revoked))
    return found


def brands_of(sender: Sender) -> str:
    """Their names; no query if its brands are prefetched."""
    if sender.every_brand:
        return "every brand"
    return ", ".join(sorted(brand.name for brand in sender.brands.all())) or "none"


def note(sender: ApiKey | WebhookEndpoint, column: str, now: datetime) -> None:
    """Record in ``column`` that the sender was used, to the minute.

    It never waits and never fails a request: while the row is locked, it is left out.
    """
    noted: datetime | None = getattr(sender, column)
    if noted is not None and noted > now - NOTED_EVERY:
        return
    table = sender._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE {table} SET {column} = %(now)s
                 WHERE id = (SELECT id FROM {table}
                              WHERE id = %(id)s
                                AND ({column} IS NULL OR {column} <= %(before)s)
                                FOR NO KEY UPDATE SKIP LOCKED)
                """,  # noqa: S608  (table and column are our own)
                {"now": now, "id": sender.pk, "before": now - NOTED_EVERY},
            )
    except DatabaseError:
        logger.exception("The last use of a sender could not be recorded", sender=str(sender))


def brand_ids_of(model: type[ApiKey] | type[WebhookEndpoint]) -> ArraySubquery:
    """An annotation: the ids of the brands that a sender lists."""
    through = model.brands.through._default_manager
    own = through.filter(**{model._meta.model_name or "": OuterRef("pk")})
    return ArraySubquery(own.order_by("brand_id").values("brand_id"))


def _is_written(source: str) -> bool:
    """Are there external ids under the source? The indexes that keep them unique answer."""
    return (
        Spend.objects.filter(source=source, external_id__isnull=False).exists()
        or ArchivedMonth.objects.filter(sources__contains=[source]).exists()
        or WaitingSpend.objects.filter(
            source=source, external_id__isnull=False, discarded_at__isnull=True
        ).exists()
    )
