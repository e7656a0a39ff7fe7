"""What API keys and webhook endpoints have in common: a name, brands, and a source of their own.

External ids are unique within a source, so whoever shares a source can learn from a conflict which
ids others have used. A sender that is limited to brands must therefore have a source that nobody
writes under but senders of the same brands, which is how a key is replaced by a new one.

Day totals need no such rule: they are kept by campaign, and a foreign campaign cannot be named.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DatabaseError, connection, transaction
from django.db.models import OuterRef

from ads.models import ApiKey, Brand, Spend, WaitingSpend, WebhookEndpoint
from ads.models.senders import Sender
from ads.platforms import connected
from ads.services import locks
from ads.services.errors import InvalidSpend

logger = logging.getLogger(__name__)

#: How exactly it is known when a sender last came.
NOTED_EVERY: Final = timedelta(minutes=1)

#: What the product itself writes under, beside the platforms that are connected. Files of a
#: platform are recorded under its name.
OWN_SOURCES: Final = frozenset(
    {"manual", "import", "correction", "seed_data", "simulated", "google_ads", "meta_ads"}
)

LONGEST: Final = 100


class InvalidSender(ValueError):
    """A sender that there cannot be: ``field``, ``value``, and the ``reason`` with its remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {value!r} is refused: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rights:
    """Under which source a sender writes, and for which brands (ids; None: every brand)."""

    source: str
    brand_ids: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class _Other:
    name: str
    brand_ids: frozenset[int] | None
    is_revoked: bool


def rights_of(sender: Sender) -> Rights:
    """What a sender has as it is in the database."""
    ids = None if sender.every_brand else frozenset(sender.brands.values_list("pk", flat=True))
    return Rights(sender.source, ids)


def rights(source: str, *, brands: Iterable[Brand], every_brand: bool) -> Rights:
    """What somebody chose.

    Raises:
        InvalidSender: it is both every brand and some, or none at all.
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

    Inside the transaction that saves it: until then nobody else can save a sender, so two that
    are made at once cannot take the same source unseen. ``sender``: the one that is edited; what it
    was is looked up.

    Raises:
        InvalidSender: with the field, the value and the remedy.
    """
    _check_text("name", name)
    _check_text("source", wanted.source)
    locks.senders()
    named = model._default_manager.filter(name=name)
    if (named.exclude(pk=sender.pk) if sender else named).exists():
        raise InvalidSender("name", name, "another has this name; choose one of its own.")
    if wanted.brand_ids is None:
        _check_unlimited(wanted, sender)
    else:
        _check_limited(wanted, sender)


def check_open(source: str) -> None:
    """Refuse a source that is a limited sender's own: nobody else may write under it.

    Raises:
        InvalidSpend: it is one.
    """
    for other in _others(source, None):
        if other.brand_ids is not None:
            raise InvalidSpend(
                "source",
                source,
                f"it belongs to {other.name}, which is limited to brands and could learn of "
                "others by it; choose another source.",
            )


def _check_text(field: str, text: str) -> None:
    if not text or text != text.strip():
        raise InvalidSender(field, text, "give it without blanks around it, and not empty.")
    if not text.isprintable():
        raise InvalidSender(field, text, "it contains characters that cannot be seen.")
    if len(text) > LONGEST:
        raise InvalidSender(field, text, f"it is longer than {LONGEST} characters; shorten it.")


def _check_unlimited(wanted: Rights, sender: Sender | None) -> None:
    for other in _others(wanted.source, sender):
        if other.brand_ids is not None and not other.is_revoked:
            raise InvalidSender(
                "source",
                wanted.source,
                f"it belongs to {other.name}, which is limited to brands and could learn of "
                "others; choose a source of its own.",
            )


def _check_limited(wanted: Rights, sender: Sender | None) -> None:
    if wanted.source in OWN_SOURCES | {platform.source for platform in connected()}:
        raise InvalidSender(
            "source",
            wanted.source,
            "the product itself writes under it, for every brand; choose a source of its own.",
        )
    others = _others(wanted.source, sender)
    for other in others:
        if other.brand_ids != wanted.brand_ids:
            raise InvalidSender(
                "source",
                wanted.source,
                f"{other.name}, which is for other brands, uses it or has used it; "
                "choose a source of its own.",
            )
    if not others and not _has_grown(wanted, sender) and _is_written(wanted.source):
        raise InvalidSender(
            "source",
            wanted.source,
            "spend has been recorded under it, maybe of other brands; choose a new source.",
        )


def _has_grown(wanted: Rights, sender: Sender | None) -> bool:
    """Is all that the sender wrote under its source of brands that it keeps?"""
    if sender is None:
        return False
    before = rights_of(type(sender)._default_manager.get(pk=sender.pk))
    return (
        before.source == wanted.source
        and before.brand_ids is not None
        and wanted.brand_ids is not None
        and before.brand_ids <= wanted.brand_ids
    )


def _others(source: str, sender: Sender | None) -> list[_Other]:
    """Who else writes under the source, or did."""
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


def note(sender: ApiKey | WebhookEndpoint, column: str, now: datetime) -> None:
    """Note in ``column`` that the sender has come, to the minute.

    Nobody waits for it: it is left out while somebody else does so or has the row locked. And no
    request fails because of it. ``sender`` as it was just read.
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
                """,  # noqa: S608  (nothing in it comes from outside)
                {"now": now, "id": sender.pk, "before": now - NOTED_EVERY},
            )
    except DatabaseError:
        logger.exception("That %s has come could not be noted.", sender)


def brand_ids_of(model: type[ApiKey] | type[WebhookEndpoint]) -> ArraySubquery:
    """An annotation: the ids of the brands that a sender lists."""
    through = model.brands.through._default_manager
    own = through.filter(**{model._meta.model_name or "": OuterRef("pk")})
    return ArraySubquery(own.order_by("brand_id").values("brand_id"))


def _is_written(source: str) -> bool:
    """Does anybody know external ids under it? Answered by the indexes that keep them unique."""
    return (
        Spend.objects.filter(source=source, external_id__isnull=False).exists()
        or WaitingSpend.objects.filter(
            source=source, external_id__isnull=False, discarded_at__isnull=True
        ).exists()
    )
