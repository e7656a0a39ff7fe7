"""Whoever is limited to brands has a source of its own, so that no conflict tells it of others."""

import re
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ads.models import ApiKey, Brand, Spend, UnknownReference, WaitingSpend, WebhookEndpoint
from ads.services.imports.formats import FORMATS
from ads.services.ledger import SpendEntry, record_one
from ads.services.senders import api_keys, rights, webhook_endpoints
from ads.services.senders.rights import InvalidSender
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at_once, await_blocked, held_open

pytestmark = pytest.mark.django_db


def key(name: str, source: str, *brands: Brand) -> ApiKey:
    """A key that may send spend; without brands, for every brand."""
    made, _ = api_keys.issue(
        name=name,
        source=source,
        scopes=["spend:write"],
        brands=brands,
        every_brand=not brands,
        now=NOON,
    )
    return made


def endpoint(name: str, source: str, *brands: Brand) -> WebhookEndpoint:
    made, _ = webhook_endpoints.create(
        name=name, source=source, brands=brands, every_brand=not brands
    )
    return made


def refused(why: str, make: Any, *args: Any) -> None:
    """It is refused for its source, and nothing is made."""
    before = ApiKey.objects.count(), WebhookEndpoint.objects.count()
    with pytest.raises(InvalidSender, match=why) as refusal:
        make(*args)
    assert refusal.value.field == "source"
    assert (ApiKey.objects.count(), WebhookEndpoint.objects.count()) == before


@pytest.fixture
def acme() -> Brand:
    return BrandFactory.create(name="Acme")


@pytest.fixture
def globex() -> Brand:
    return BrandFactory.create(name="Globex")


def recorded_under(source: str, brand: Brand, external_id: str | None = "1") -> Spend:
    """Somebody's entry in the ledger."""
    campaign = CampaignFactory.create(brand=brand)
    entry = SpendEntry(campaign, 5, external_id=external_id)
    return record_one(entry, source=source, now=NOON)


def test_files_of_platforms_are_recorded_under_sources_of_the_products_own() -> None:
    platforms = {each.platform for each in FORMATS.values() if each.platform}

    assert platforms
    assert platforms <= rights.OWN_SOURCES


def test_a_file_is_not_imported_under_a_limited_senders_source(
    acme: Brand, globex: Brand, tmp_path: Path
) -> None:
    key("ETL Acme", "acme", acme)
    key("ETL", "etl")
    CampaignFactory.create(brand=globex, name="Spring")
    file = tmp_path / "spend.csv"
    file.write_text("brand,campaign,date,amount,external_id\nGlobex,Spring,2024-05-01,5,1\n")

    with pytest.raises(CommandError, match="source: 'acme' is refused: it belongs to ETL Acme"):
        call_command("import_spend", str(file), "--source", "acme", stdout=StringIO())
    assert not Spend.objects.exists()

    call_command("import_spend", str(file), "--source", "etl", stdout=StringIO())
    assert Spend.objects.get().source == "etl"


@pytest.mark.parametrize("source", sorted(rights.OWN_SOURCES))
def test_the_products_own_sources_are_not_for_a_limited_key(acme: Brand, source: str) -> None:
    refused("the product itself writes under it", key, "K", source, acme)
    refused("the product itself writes under it", endpoint, "E", source, acme)


@pytest.mark.parametrize("second", [key, endpoint])
@pytest.mark.parametrize("first", [key, endpoint])
def test_a_source_of_another_brands_sender_is_refused(
    acme: Brand, globex: Brand, first: Any, second: Any
) -> None:
    first("First", "shared", globex)

    refused("First, which is for other brands, uses it", second, "Second", "shared", acme)
    refused("First, which is for other brands, uses it", second, "Second", "shared", acme, globex)


@pytest.mark.parametrize("second", [key, endpoint])
def test_a_source_of_an_unlimited_sender_is_refused_to_a_limited_one_and_the_reverse(
    acme: Brand, second: Any
) -> None:
    key("All", "all")
    key("Acme", "acme", acme)

    refused("All, which is for other brands", second, "Second", "all", acme)
    refused("it belongs to Acme, which is limited", second, "Second", "acme")


def test_unlimited_senders_may_share_a_source() -> None:
    key("First", "etl")
    endpoint("Second", "etl")

    assert key("Third", "etl").source == "etl"


def test_a_key_is_succeeded_by_one_of_the_same_brands_and_source(acme: Brand) -> None:
    first = key("ETL 2026", "acme", acme)
    recorded_under("acme", acme)
    api_keys.revoke(first, now=NOON)

    assert key("ETL 2027", "acme", acme).source == "acme"
    assert endpoint("Hook", "acme", acme).source == "acme"


def test_a_revoked_keys_source_still_is_not_for_other_brands(acme: Brand, globex: Brand) -> None:
    api_keys.revoke(key("Old", "shared", globex), now=NOON)

    refused("uses it or has used it", key, "New", "shared", acme)


def test_a_source_that_the_ledger_knows_is_refused(acme: Brand, globex: Brand) -> None:
    recorded_under("etl", globex)

    refused("spend has been recorded under it", key, "K", "etl", acme)
    refused("spend has been recorded under it", endpoint, "E", "etl", acme)
    assert key("Every", "etl").every_brand


def test_a_source_under_which_spend_waits_is_refused(acme: Brand) -> None:
    unknown = UnknownReference.objects.create(platform="x", reference="1")
    WaitingSpend.objects.create(
        unknown=unknown, kind="entry", amount=5, source="etl", external_id="1", received_at=NOON
    )

    refused("spend has been recorded under it", key, "K", "etl", acme)


def test_entries_without_ids_tell_nothing_so_their_source_is_free(
    acme: Brand, globex: Brand
) -> None:
    recorded_under("etl", globex, external_id=None)

    assert key("K", "etl", acme).source == "etl"


def wanted(*brands: Brand, source: str = "acme") -> rights.Rights:
    return rights.rights(source, brands=brands, every_brand=not brands)


def test_an_edit_may_add_brands_but_not_take_away_what_was_written_to(
    acme: Brand, globex: Brand
) -> None:
    edited = key("K", "acme", acme)
    recorded_under("acme", acme)

    with transaction.atomic():
        rights.check(ApiKey, "K", wanted(acme), sender=edited)
        rights.check(ApiKey, "K", wanted(acme, globex), sender=edited)
        with pytest.raises(InvalidSender, match=r"source: .* maybe of other brands"):
            rights.check(ApiKey, "K", wanted(globex), sender=edited)


def test_an_unlimited_key_that_has_sent_cannot_be_limited_under_its_source(acme: Brand) -> None:
    edited = key("K", "acme")
    recorded_under("acme", acme)

    with transaction.atomic():
        with pytest.raises(InvalidSender, match=r"source: .* maybe of other brands"):
            rights.check(ApiKey, "K", wanted(acme), sender=edited)
        rights.check(ApiKey, "K", wanted(acme, source="acme-own"), sender=edited)


def test_the_look_ups_use_indexes_and_their_number_is_constant(acme: Brand, globex: Brand) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert key(f"Key {ApiKey.objects.count()}", "fresh", acme)
        return [query["sql"] for query in captured]

    few = queries()
    many = queries()

    assert len(many) <= len(few)
    looked = [sql for sql in few if 'FROM "ads_spend"' in sql or '"ads_waitingspend"' in sql]
    assert len(looked) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in looked:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            # Of several indexes, as long as there is little to look through, any may be chosen.
            assert re.search(r"Index Cond: \(\(?source\)?(::text)? = 'fresh'::text\)", plan), plan


@pytest.mark.django_db(transaction=True)
def test_two_keys_made_at_once_do_not_take_one_source() -> None:
    acme, globex = BrandFactory.create(), BrandFactory.create()
    outcomes: list[str] = []
    made = threading.Event()

    def second() -> None:
        try:
            key("Second", "shared", globex)
        except InvalidSender as error:
            outcomes.append(str(error))
        made.set()

    with at_once() as start, held_open(lambda: key("First", "shared", acme)) as commit:
        start(second)
        await_blocked()
        assert not made.is_set()
        commit()

    assert len(outcomes) == 1
    assert "First, which is for other brands" in outcomes[0]
    assert list(ApiKey.objects.values_list("name", flat=True)) == ["First"]
