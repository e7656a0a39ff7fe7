"""The page of an import offers to create campaigns that do not exist yet."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ads.models import Brand, Campaign, CampaignReference, SpendImport
from ads.models.spend import ImportStatus
from ads.services.history import timeline
from ads.services.imports import uploads
from ads.tests.admin.imports.pages import address, check, confirm, page, sent
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import ledger
from ads.tests.services.imports.uploads.support import TODAY

GOOGLE = (
    "Day,Campaign,Campaign ID,Customer ID,Currency code,Cost\n"
    f"{TODAY},Spring,77,1,USD,12.50\n{TODAY},Autumn,78,1,USD,30\n"
)
PLAIN = f"campaign,date,amount\nSpring,{TODAY},5\nSpring,{TODAY},1\n"
NEW = {
    "create-new_name": "Acme",
    "create-new_currency": "USD",
    "create-new_timezone": "America/New_York",
}
MAY = ("add_spendimport", "add_campaign", "add_campaignreference")


def create(client: Client, one: SpendImport, **fields: Any) -> Any:
    answer = client.post(address(one, "create"), fields)
    one.refresh_from_db()
    if one.status == ImportStatus.UPLOADED:
        check(one)
    return answer


def uploaded(client: Client, content: str, **options: str) -> SpendImport:
    one = sent(client, content, **options)
    check(one)
    return one


def record(client: Client, one: SpendImport) -> str:
    assert confirm(client, one).status_code == 302
    uploads.record(one.pk, timezone.now)
    one.refresh_from_db()
    return page(client, one)


def test_unmatched_campaigns_are_created_in_a_new_brand(admin: Client) -> None:
    one = uploaded(admin, GOOGLE)
    shown = page(admin, one)
    assert "Create these 2 campaigns?" in shown
    assert "Keep until it is matched" in shown
    # It is named in the file, and one need not choose it again.
    assert '<option value="USD" selected>' in shown

    create(admin, one, **NEW)

    shown = page(admin, one)
    assert "Would be created: 2 campaigns in the new brand Acme" in shown
    assert "without a budget: nothing limits them" in shown
    assert "Create 2 campaigns and record spend" in shown
    assert not Brand.objects.exists()
    assert not Campaign.objects.exists()
    shown = record(admin, one)
    assert "Created: 2 campaigns in the new brand Acme" in shown
    assert {name for name, _ in ledger()} == {"Spring", "Autumn"}
    campaign = Campaign.objects.get(name="Spring")
    assert f'href="/admin/ads/campaign/{campaign.pk}/change/">Spring</a>' in shown
    assert CampaignReference.objects.get(campaign=campaign).reference == "77"
    brand = Brand.objects.get()
    assert (brand.name, brand.currency, brand.timezone) == ("Acme", "USD", "America/New_York")


def test_their_history_says_who_created_them_from_which_file(admin: Client) -> None:
    one = uploaded(admin, GOOGLE)
    create(admin, one, **NEW)
    record(admin, one)

    happenings = timeline.of(Campaign.objects.get(name="Spring"), limit=20).happenings

    actors = {each.actor for each in happenings if each.title == "Created"}
    assert actors == {f"{one.confirmed_by} (import), file spend.csv"}


def test_they_are_created_in_a_brand_that_is_there(admin: Client) -> None:
    brand = BrandFactory.create(name="Northwind")
    one = uploaded(admin, GOOGLE)

    create(admin, one, **{"create-brand": brand.pk})
    record(admin, one)

    assert Campaign.objects.filter(brand=brand).count() == 2


def test_a_file_of_no_platform_offers_the_names_it_lacks(admin: Client) -> None:
    one = uploaded(admin, PLAIN)
    shown = page(admin, one)
    assert "New campaigns" in shown
    assert "Create this campaign?" in shown

    create(admin, one, **NEW)
    record(admin, one)

    assert ledger() == {("Spring", str(TODAY)): 6}


def test_it_can_be_undone_before_it_is_recorded(admin: Client) -> None:
    one = uploaded(admin, GOOGLE)
    create(admin, one, **NEW)

    create(admin, one, without="1")

    assert "Create these 2 campaigns?" in page(admin, one)
    record(admin, one)
    assert not Campaign.objects.exists()


def test_nothing_is_offered_where_all_are_known(admin: Client) -> None:
    CampaignFactory.create(name="Spring")

    assert 'id="create"' not in page(admin, uploaded(admin, PLAIN))


def test_one_of_a_known_name_waits_and_is_said(admin: Client) -> None:
    brand = BrandFactory.create(name="Northwind")
    CampaignFactory.create(brand=brand, name="Spring")
    one = uploaded(admin, GOOGLE)

    create(admin, one, **{"create-brand": brand.pk})

    shown = page(admin, one)
    assert "Would be created: 1 campaign in Northwind" in shown
    assert "A campaign of Northwind is called &quot;Spring&quot;, as an unmatched one is." in shown
    assert "suggested match: Northwind / Spring" in shown


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose a brand, or name a new one."),
        ({"create-new_name": "New"}, "A new brand needs a currency and a timezone."),
        (NEW | {"create-new_timezone": ""}, "A new brand needs a currency and a timezone."),
        (NEW | {"create-new_name": "Northwind"}, "There is a brand of this name."),
        (NEW | {"create-new_currency": "XXX"}, "Select a valid choice."),
        (NEW | {"create-brand": "1000000"}, "Select a valid choice."),
        ("both", "choose a brand or name a new one, not both"),
    ],
)
def test_a_form_that_is_not_complete_says_what_is_missing(
    admin: Client, fields: Any, said: str
) -> None:
    brand = BrandFactory.create(name="Northwind")
    one = uploaded(admin, GOOGLE)

    answer = create(
        admin, one, **(NEW | {"create-brand": brand.pk} if fields == "both" else fields)
    )

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert one.status == ImportStatus.CHECKED


def test_a_file_that_is_read_for_a_brand_brings_campaigns_to_it_alone(admin: Client) -> None:
    brand, other = BrandFactory.create(), BrandFactory.create()
    one = uploaded(admin, GOOGLE, brand_id=str(brand.pk))

    shown = page(admin, one)
    answer = create(admin, one, **{"create-brand": other.pk})

    assert "create-new_name" not in shown
    assert "Select a valid choice." in answer.content.decode()


def test_it_takes_the_permissions_to_add_campaigns_and_their_ids(
    staff: Callable[..., Client], admin: Client
) -> None:
    one = uploaded(admin, GOOGLE)
    importer = staff("add_spendimport")

    assert 'id="create"' not in page(importer, one)
    assert importer.post(address(one, "create"), NEW).status_code == 403
    brand = BrandFactory.create()
    create(admin, one, **{"create-brand": brand.pk})
    shown = page(importer, one)
    assert "You have no permission to create campaigns." in shown
    assert "and record spend" not in shown
    assert confirm(importer, one).status_code == 403
    one.refresh_from_db()
    assert one.status == ImportStatus.CHECKED
    assert confirm(staff(*MAY), one).status_code == 302


def test_a_new_brand_takes_the_permission_to_add_one(
    staff: Callable[..., Client], admin: Client
) -> None:
    BrandFactory.create()
    one = uploaded(admin, GOOGLE)
    manager = staff(*MAY)

    assert "create-new_name" not in page(manager, one)
    assert create(manager, one, **NEW).status_code == 200
    create(admin, one, **NEW)
    assert "You have no permission to create brands and campaigns." in page(manager, one)
    assert confirm(manager, one).status_code == 403
    assert confirm(staff(*MAY, "add_brand"), one).status_code == 302


def test_what_another_has_created_meanwhile_is_used(admin: Client) -> None:
    brand = BrandFactory.create(name="Northwind")
    first, second = uploaded(admin, GOOGLE), uploaded(admin, GOOGLE)
    for one in (first, second):
        create(admin, one, **{"create-brand": brand.pk})

    record(admin, first)
    shown = record(admin, second)

    assert Campaign.objects.count() == 2
    assert second.status == ImportStatus.RECORDED
    assert "Created:" not in shown
