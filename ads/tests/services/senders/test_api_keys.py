"""API keys: shown once, kept as a hash, refused when wrong, expired or revoked."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ads.models import ApiKey, Brand
from ads.services.actor import acting_as
from ads.services.history.audit import event_model, recent
from ads.services.senders import api_keys
from ads.services.senders.api_keys import ExpiredKey, RevokedKey, UnknownKey, authenticate, issue
from ads.services.senders.rights import InvalidSender
from ads.tests.factories import BrandFactory
from ads.tests.support import NOON, execute, held_open

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def made(now: datetime = NOON, **terms: Any) -> tuple[ApiKey, str]:
    """A key for every brand that may send spend, unless said otherwise."""
    given: dict[str, Any] = {
        "name": "ETL",
        "source": "etl",
        "scopes": ["spend:write"],
        "every_brand": "brands" not in terms,
        "now": now,
    }
    return issue(**(given | terms))


def last_used(key: ApiKey) -> datetime | None:
    return ApiKey.objects.values_list("last_used_at", flat=True).get(pk=key.pk)


def test_the_key_opens_what_it_was_made_for() -> None:
    acme, _ = BrandFactory.create_batch(2)
    key, text = made(
        name="ETL Acme",
        source="etl-acme",
        scopes=["read", "spend:write"],
        brands=[acme],
        requests_per_minute=30,
    )

    caller = authenticate(text, NOON)

    assert (caller.key_id, caller.name, caller.source) == (key.pk, "ETL Acme", "etl-acme")
    assert caller.brand_ids == frozenset([acme.pk])
    assert caller.scopes == {"spend:write", "read"}
    assert caller.requests_per_minute == 30


def test_a_key_of_every_brand_is_limited_to_none() -> None:
    _, text = made()

    assert authenticate(text, NOON).brand_ids is None


def test_a_key_whose_only_brand_was_deleted_is_not_opened_to_the_others() -> None:
    brand = BrandFactory.create()
    BrandFactory.create()
    _, text = made(brands=[brand])
    brand.delete()

    assert authenticate(text, NOON).brand_ids == frozenset()


def test_the_secret_is_nowhere_in_the_database() -> None:
    key, text = made()
    secret = text.rsplit("_", 1)[1]

    row = ApiKey.objects.values().get(pk=key.pk)
    events = event_model("ApiKeyEvent")._default_manager.values()

    assert len(secret) == 43
    assert row["prefix"] == text.split("_")[1]
    assert secret not in str(row)
    assert secret not in str(list(events))
    assert len(row["secret_hash"]) == 64


def test_no_two_keys_are_alike() -> None:
    texts = {made(name=f"Key {number}")[1] for number in range(20)}

    assert len({text.split("_")[1] for text in texts}) == 20
    assert len({text.split("_")[2] for text in texts}) == 20


@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text + "\n",
        lambda text: text.swapcase(),
        lambda text: "bm_00000000_" + text.rsplit("_", 1)[1],
        lambda text: text.rsplit("_", 1)[1],
        lambda text: text[:0],
        lambda text: text[:3] + "_",
        lambda text: text.replace("bm_", "sk_"),
        lambda text: "\x00" + text[1:],
        lambda text: text[:-1] + "é",
        lambda text: text[:-1] + "\udc80",
        lambda text: text * 1000,
    ],
)
def test_anything_but_the_whole_key_is_unknown(mangle: Any) -> None:
    key, text = made()

    with pytest.raises(UnknownKey, match="not a key of this system"):
        authenticate(mangle(text), NOON)
    assert last_used(key) is None


def test_a_key_is_good_until_it_expires() -> None:
    _, text = made(expires_at=NOON + MINUTE)

    assert authenticate(text, NOON + timedelta(seconds=59))
    with pytest.raises(ExpiredKey, match="expired at 2024-05-15 12:01 UTC; ask for a new one"):
        authenticate(text, NOON + MINUTE)


def test_a_revoked_key_is_refused_for_good() -> None:
    key, text = made()

    assert api_keys.revoke(key, now=NOON)
    with pytest.raises(RevokedKey, match="revoked at 2024-05-15 12:00 UTC"):
        authenticate(text, NOON)
    assert not api_keys.revoke(key, now=NOON + MINUTE)
    assert ApiKey.objects.get().revoked_at == NOON


def test_only_the_holder_learns_that_a_key_was_revoked_or_expired() -> None:
    revoked, revoked_text = made(name="A")
    api_keys.revoke(revoked, now=NOON)
    _, expired_text = made(name="B", expires_at=NOON + MINUTE)

    for text in (revoked_text, expired_text):
        with pytest.raises(UnknownKey):
            authenticate(text[:-5] + "00000", NOON + MINUTE)


def test_a_refusal_never_repeats_the_key() -> None:
    _, text = made(expires_at=NOON + MINUTE)

    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    for sent, now in ((text, NOON + MINUTE), (wrong, NOON)):
        with pytest.raises(api_keys.ApiKeyRefused) as refusal:
            authenticate(sent, now)
        assert text[12:30] not in str(refusal.value)


def test_authenticating_costs_one_query_however_many_brands() -> None:
    _, text = made(brands=BrandFactory.create_batch(30))
    authenticate(text, NOON)

    with CaptureQueriesContext(connection) as queries:
        caller = authenticate(text, NOON)

    assert len(queries) == 1
    assert len(caller.brand_ids or ()) == 30


def test_the_last_use_is_noted_to_the_minute() -> None:
    key, text = made()

    authenticate(text, NOON)
    assert last_used(key) == NOON
    authenticate(text, NOON + timedelta(seconds=59))
    assert last_used(key) == NOON
    authenticate(text, NOON + MINUTE)
    assert last_used(key) == NOON + MINUTE


def test_the_last_use_is_no_edit() -> None:
    key, text = made()
    before = ApiKey.objects.values_list("updated_at", flat=True).get(pk=key.pk)

    authenticate(text, NOON)

    assert ApiKey.objects.values_list("updated_at", flat=True).get(pk=key.pk) == before
    assert [event.what for event in recent(event_model("ApiKeyEvent")._default_manager.all())] == [
        "created"
    ]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_to_note_the_last_use() -> None:
    key, text = made()
    lock = "SELECT FROM ads_apikey WHERE id = %s FOR UPDATE"
    with held_open(lambda: execute(lock, [key.pk])):
        began = time.perf_counter()
        caller = authenticate(text, NOON)
        took = time.perf_counter() - began

    assert caller.key_id == key.pk
    assert took < 1
    assert last_used(key) is None


def test_a_use_that_cannot_be_noted_fails_no_request(caplog: pytest.LogCaptureFixture) -> None:
    key, text = made()
    execute(
        "CREATE FUNCTION pg_temp.full_disk() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RAISE ''no space left''; END'"
    )
    execute(
        "CREATE TRIGGER full_disk BEFORE UPDATE ON ads_apikey"
        " FOR EACH ROW EXECUTE FUNCTION pg_temp.full_disk()"
    )

    with caplog.at_level(logging.ERROR), transaction.atomic():
        caller = authenticate(text, NOON)
        assert Brand.objects.count() == 0, "the transaction goes on"

    assert caller.key_id == key.pk
    assert last_used(key) is None
    assert "could not be recorded" in caplog.text


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"name": ""}, "name: '' is refused: enter text that does not begin or end with a space"),
        (
            {"name": " ETL"},
            "name: ' ETL' is refused: enter text that does not begin or end with a space",
        ),
        ({"name": "a\x00b"}, "invisible characters"),
        ({"name": "a\udc80"}, "invisible characters"),
        ({"name": "x" * 101}, "longer than 100"),
        ({"source": "  "}, "source: '  ' is refused"),
        ({"source": "x" * 101}, "source: .* longer than 100"),
        ({"scopes": []}, "scopes: .* choose at least one of spend:write, read, campaigns:act"),
        ({"scopes": ["read", "admin"]}, "scopes: 'admin' is refused: there is no such scope"),
        ({"every_brand": False}, "brands: '' is refused: choose its brands, or every brand"),
        ({"expires_at": NOON}, "expires_at: '2024-05-15 12:00 UTC' is refused: it is in the past"),
        ({"requests_per_minute": 0}, "requests_per_minute: 0 is refused: give 1 to 1,000,000"),
        ({"requests_per_minute": -1}, "requests_per_minute: -1 is refused"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(terms: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSender, match=says):
        made(**terms)
    assert not ApiKey.objects.exists()


def test_a_key_is_of_every_brand_or_of_some_not_both() -> None:
    with pytest.raises(InvalidSender, match=r"brands: 'Acme' is refused: .* not both"):
        made(brands=[BrandFactory.create(name="Acme")], every_brand=True)
    assert not ApiKey.objects.exists()


def test_two_keys_cannot_have_one_name() -> None:
    made(name="ETL")

    with pytest.raises(InvalidSender, match="name: 'ETL' is refused: another sender has this name"):
        made(name="ETL")
    assert ApiKey.objects.count() == 1


def test_who_made_limited_and_revoked_a_key_is_on_record() -> None:
    acme, globex = (BrandFactory.create(name=name) for name in ("Acme", "Globex"))
    with acting_as("olivia"):
        key, _ = made(name="ETL", brands=[acme])
        key.brands.set([globex])
        api_keys.revoke(key, now=NOON)

    revoked, created = recent(event_model("ApiKeyEvent")._default_manager.all())
    assert (created.actor, created.what, created.subject) == ("olivia", "created", "ETL")
    assert [(change.label, change.old) for change in revoked.changes] == [("revoked at", "–")]
    brands = recent(event_model("ApiKeyBrandEvent")._default_manager.all())
    assert [(entry.actor, entry.what, entry.subject) for entry in reversed(brands)] == [
        ("olivia", "attached", "ETL – Acme"),
        ("olivia", "detached", "ETL – Acme"),
        ("olivia", "attached", "ETL – Globex"),
    ]
