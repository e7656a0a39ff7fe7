"""People who are limited to brands: nothing of another brand is shown, found or changed."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib import admin as site
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    DaypartingSchedule,
    DeliveryChange,
    Person,
    Spend,
)
from ads.services import visible
from ads.services.history import event_model
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.services.people import Roles
from ads.tests import site_map
from ads.tests.admin.pages import add, change, changelist, context_of, said, save
from ads.tests.admin.people.world import OTHER, OWN, Side, limited_to, shared, side
from ads.tests.admin.roles import ACTIONS
from ads.tests.services.imports.uploads.support import TODAY, checked

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sides(module_db: None) -> tuple[Side, Side]:
    return side(OWN), side(OTHER)


@pytest.fixture
def own(sides: tuple[Side, Side]) -> Side:
    return deepcopy(sides[0])


@pytest.fixture
def other(sides: tuple[Side, Side]) -> Side:
    return deepcopy(sides[1])


@pytest.fixture
def lima(own: Side) -> Client:
    """The browser of somebody in the highest role who is limited to the first brand."""
    client = Client()
    client.force_login(limited_to(own.brand))
    return client


def text_of(response: Any) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode()
    text: str = response.content.decode()
    return text


def names_of_others(response: Any) -> list[str]:
    """What the answer has of the other brand, with what stands around it."""
    text = text_of(response)
    found = re.finditer(OTHER, text, re.IGNORECASE)
    return [text[max(one.start() - 80, 0) : one.end() + 40] for one in found]


def addresses_of(rows: dict[str, Any]) -> Iterator[str]:
    """Every address about one of these rows: pages, scripts, files, and what is only posted to."""
    for name, arguments in site_map.addresses():
        for label, row in rows.items():
            if name.startswith(f"admin:{label.replace('.', '_')}_") and arguments:
                try:
                    yield reverse(name, args=[row.pk])
                except NoReverseMatch:  # an action's code, or another argument
                    continue


def lists() -> list[Any]:
    """The models of which limited people see some rows."""
    return [model for model in site.site._registry if visible.is_known(model)]


def test_who_switched_is_not_named_to_them_in_a_file(
    own: Side, lima: Client, admin: Client
) -> None:
    address = changelist("ads_deliverychange") + "export/"
    DeliveryChange.objects.create(
        campaign=own.campaign, at=timezone.now(), is_active=False, holds=["status"],
        trigger="edit", actor="olivia",
    )  # fmt: skip

    limited, all_of_it = text_of(lima.get(address)), text_of(admin.get(address))

    assert "olivia" in all_of_it
    assert "olivia" not in limited
    assert ",person," in limited


def test_every_list_page_search_and_file_shows_their_own_brand_alone(
    own: Side, other: Side, lima: Client
) -> None:
    shared(own, other)
    addresses = [reverse(name) for name, arguments in site_map.addresses() if not arguments]
    addresses = [one for one in addresses if "logout" not in one and one.startswith("/admin/")]
    addresses += addresses_of(own.keys())
    brand, campaign = other.brand.pk, other.campaign.pk
    addresses += [
        f"{changelist('ads_spend')}?campaign__brand__id__exact={brand}",
        f"{changelist('ads_spend')}?batch={other.batch.pk}",
        f"{changelist('ads_spend')}?q={other.campaign.spend.earliest('pk').pk}",
        f"{changelist('ads_campaign')}?brand__id__exact={brand}",
        f"{changelist('ads_campaign')}?dayparting_schedules__id__exact={other.schedule.pk}",
        f"{changelist('ads_campaign')}?changed_in={other.paused_in}",
        f"{changelist('ads_deliverychange')}?campaign__id__exact={campaign}",
        f"{reverse('admin:ads_spend_new_correction')}?campaign={campaign}",
        f"{reverse('admin:search')}?extended=1&s={OTHER[:4]}",
        f"{reverse('admin:search')}?extended=1&s=81512345",
        f"{reverse('admin:ads_unknownreference_candidates', args=[own.unknown.pk])}?term=sale",
        f"{reverse('admin:index')}?currency=USD",
        *(
            f"{reverse('admin:autocomplete')}?app_label={app}&model_name={model}&field_name={field}"
            for app, model, field in (
                ("ads", "campaign", "brand"),
                ("ads", "spend", "campaign"),
                ("ads", "campaignschedule", "schedule"),
                ("ads", "campaignreference", "campaign"),
            )
        ),
    ]
    found: dict[str, list[str]] = {}
    opened = set()

    for address in addresses:
        response = lima.get(address)
        if response.status_code == 200:
            opened.add(address)
        if response.status_code >= 500 or (names := names_of_others(response)):
            found[address] = [str(response.status_code), *names]

    assert found == {}
    search = {"extended": "1", "s": OWN[:4]}
    assert f"{OWN} spring" in text_of(lima.get(reverse("admin:search"), search))
    for row in own.keys().values():
        assert change(row) in opened, row
    for model in lists():
        address = reverse(site_map.address(model, "changelist"))
        assert address in opened
        # There is something of the other brand, or of both, to be seen.
        every = model._default_manager.all()
        assert 0 < visible.rows_of(every, [own.brand.pk]).count() < every.count(), model


def state_of(one: Side) -> list[Any]:
    """What there is of a brand, with how often anything of it has been changed."""
    campaigns = Campaign.objects.filter(brand=one.brand).order_by("pk")
    return [
        Brand.objects.filter(pk=one.brand.pk).values().get(),
        list(campaigns.values()),
        list(DaypartingSchedule.objects.filter(pk=one.schedule.pk).values()),
        Spend.objects.filter(campaign__brand=one.brand).count(),
        [
            type(row)._default_manager.filter(pk=row.pk).values().get()
            for row in one.keys().values()
        ],
        *(
            event_model(name)._default_manager.filter(brand=one.brand).count()
            for name in ("AllowanceEvent", "CampaignEvent")
        ),
    ]


def test_no_address_about_a_row_of_another_brand_answers(
    own: Side, other: Side, lima: Client
) -> None:
    before = state_of(other)
    answered = {}

    for address in addresses_of(other.keys()):
        for ask in (lima.get, lima.post):
            response = ask(address)
            if response.status_code not in (403, 404, 405):
                answered[address, ask.__name__] = response.status_code

    assert answered == {}
    assert _statuses_of_actions(lima, other) == {404}
    assert state_of(other) == before


def _statuses_of_actions(lima: Client, other: Side) -> set[int]:
    """What is answered to actions on rows of another brand."""
    ids = {
        "ads.brand": other.brand.pk,
        "ads.campaign": other.campaign.pk,
        "ads.daypartingschedule": other.schedule.pk,
        "ads.campaignreference": other.campaign.references.get().pk,
        "ads.unknownreference": other.unknown.pk,
    }
    statuses: dict[Any, int] = {}
    for label, pk in ids.items():
        # Django hands each action of a list the same rows.
        sent = {"action": next(iter(ACTIONS[label])), ACTION_CHECKBOX_NAME: pk, "post": "yes"}
        assert not names_of_others(lima.post(changelist(label.replace(".", "_")), sent))
    for model, codes, pk in (
        (
            "campaign",
            ("activate", "pause", "archive", "change_budgets", "reset_daily_spend"),
            ids["ads.campaign"],
        ),
        ("brand", ("pause", "resume", "let_run_on", "change_budgets"), ids["ads.brand"]),
    ):
        for code in codes:
            address = reverse(f"admin:ads_{model}_act", args=[code])
            statuses[model, code] = lima.post(address, {"ids": pk, "do": "1"}).status_code
    address = reverse("admin:ads_campaign_act_on_one", args=[other.campaign.pk, "pause"])
    statuses["one"] = lima.post(address).status_code
    address = reverse("admin:ads_campaign_undo", args=[other.paused_in])
    statuses["undo"] = lima.post(address, {"do": "1"}).status_code

    return set(statuses.values())


def test_nothing_is_made_in_another_brand(own: Side, other: Side, lima: Client) -> None:
    before = state_of(other)

    added = save(lima, add("ads_campaign"), name="Foreign", brand=other.brand.pk)
    given = save(
        lima,
        add("ads_campaignreference"),
        platform="google_ads",
        reference="99",
        campaign=other.campaign.pk,
    )
    corrected = lima.post(
        reverse("admin:ads_spend_new_correction"),
        {
            "campaign": other.campaign.pk, "date": TODAY, "amount": "-5", "reason": "x",
            "record": "", "seen": 0, "shown": f"{other.campaign.pk} {TODAY} -5.00",
        },
    )  # fmt: skip
    matched = lima.post(
        reverse("admin:ads_unknownreference_match_campaign", args=[own.unknown.pk]),
        {"campaign": other.campaign.pk},
    )

    assert [one.status_code for one in (added, given, corrected, matched)] == [200] * 4
    assert not Campaign.objects.filter(name="Foreign").exists()
    assert not CampaignReference.objects.filter(reference="99").exists()
    assert state_of(other) == before


def test_undoing_what_was_done_to_several_brands_touches_their_own_alone(
    own: Side, other: Side, lima: Client, admin: Client
) -> None:
    ids = [own.campaign.pk, other.campaign.pk]
    admin.post(
        reverse("admin:ads_campaign_act", args=["pause"]),
        {"ids": ",".join(map(str, ids)), "do": "1"},
    )
    events: Any = event_model("CampaignEvent")._default_manager
    context = events.filter(pgh_obj_id=own.campaign.pk).latest("pgh_id").pgh_context_id
    assert own.campaign.fresh().status == other.campaign.fresh().status == "paused"

    page = lima.get(change(own.campaign)).content.decode()
    response = lima.post(reverse("admin:ads_campaign_undo", args=[context]))

    assert response.status_code == 302
    assert "Undo this pause of 2" not in page
    assert own.campaign.fresh().status == "active"
    assert other.campaign.fresh().status == "paused"


def test_a_file_says_nothing_to_campaigns_of_another_brand(
    own: Side, other: Side, lima: Client
) -> None:
    before = state_of(other)
    file = f"campaign,date,amount\n{own.campaign.name},{TODAY},2\n{other.campaign.name},{TODAY},3\n"
    file += f"{other.campaign.pk},{TODAY},4\n"
    lima.post(
        add("ads_spendimport"),
        {"file": SimpleUploadedFile("a.csv", file.encode()), "campaign_by": "auto"},
    )
    one = type(own.upload).objects.latest("pk")
    assert one.only_brands == [own.brand.pk]
    uploads.check(one.pk, timezone.now())
    one.refresh_from_db()

    assert one.preview
    assert one.preview["rows"] == 1
    reasons = [problem["reason"] for problem in one.preview["problems"]]
    assert reasons == [
        f"campaign: there is none with the name or id '{other.campaign.name}'.",
        f"campaign: there is none with the name or id '{other.campaign.pk}'.",
    ]
    assert state_of(other) == before


def test_platform_ids_of_another_brand_wait_and_are_nobodys_to_them(
    own: Side, other: Side, lima: Client
) -> None:
    with visible.limited([own.brand.pk]):
        one = checked(
            f"campaign,reference,date,amount\nx,{OTHER}-81512345,{TODAY},3\n",
            plan=Plan(platform="google_ads"),
        )
    assert one.preview
    assert one.preview["waiting_rows"] == 1
    assert other.campaign.name not in json.dumps(one.preview)


def test_a_setup_file_knows_no_brand_but_theirs(own: Side, other: Side, lima: Client) -> None:
    file = (
        "brand,campaign,daily_budget,platform_ids,schedules\n"
        f"{OTHER},{other.campaign.name},1,,\n"
        f"{OTHER},,2,,\n"
        f"{OWN},{own.campaign.name},3,google_ads / {OTHER}-81512345,{OTHER} hours\n"
    )
    before = state_of(other)

    response = lima.post(
        reverse("admin:ads_campaign_set_up_by_file"),
        {"file": SimpleUploadedFile("s.csv", file.encode())},
    )

    assert response.status_code == 200
    problems = {(one["line"], one["column"]): one["reason"] for one in response.context["problems"]}
    assert problems[2, "brand"] == "There is no such brand."
    assert problems[3, "brand"] == (
        "It is none of the brands that you are limited to, and you may not add one."
    )
    assert problems[4, "schedules"].startswith("There is no schedule")
    assert state_of(other) == before


def test_a_schedule_that_others_have_too_is_read_and_not_changed(
    own: Side, other: Side, lima: Client
) -> None:
    both = shared(own, other)

    page = lima.get(change(both))
    sent = lima.post(change(both), {"name": "Mine"})
    deleted = lima.post(
        reverse("admin:ads_daypartingschedule_delete", args=[both.pk]), {"post": "yes"}
    )

    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert sent.status_code == deleted.status_code == 403
    assert both.fresh().name == "Office hours"
    listed = context_of(lima, changelist("ads_daypartingschedule"))["cl"].result_list
    assert {one.name: one.campaign_count for one in listed} == {"Acme hours": 1, "Office hours": 1}


def test_a_schedule_that_they_make_is_theirs_to_attach(own: Side, lima: Client) -> None:
    save(lima, add("ads_daypartingschedule"), name="Nights", timezone="UTC")

    made = DaypartingSchedule.objects.get(name="Nights")
    assert made.only_brands == [own.brand.pk]
    assert lima.get(change(made)).status_code == 200
    form = lima.post(
        reverse("admin:ads_campaign_act", args=["attach_schedule"]), {"ids": own.campaign.pk}
    ).context["form"]
    assert {one.name for one in form.fields["schedule"].queryset} == {"Acme hours", "Nights"}


def test_what_they_are_permitted_is_worked_out_once_for_each_request(own: Side) -> None:
    """A page asks hundreds of times."""
    user = limited_to(own.brand)

    permitted = Roles().get_all_permissions(user)

    assert {"ads.view_brand", "ads.change_campaign"} <= permitted
    assert "ads.add_brand" not in permitted
    assert Roles().get_all_permissions(user) is permitted


def test_whoever_is_limited_to_no_brand_sees_nothing_and_a_superuser_everything(
    own: Side, lima: Client, admin: Client
) -> None:
    Person.objects.get(user__username="lima").brands.clear()
    Person.objects.create(user_id=admin.session["_auth_user_id"], every_brand=False)

    assert context_of(lima, changelist("ads_brand"))["cl"].result_count == 0
    assert lima.get(change(own.brand)).status_code == 404
    assert lima.get(reverse("admin:index")).status_code == 200
    assert context_of(admin, changelist("ads_brand"))["cl"].result_count == 2


def test_an_administrator_limits_a_user_to_brands_and_it_is_on_record(
    own: Side, other: Side, admin: Client
) -> None:
    user = limited_to(own.brand, "Viewer", "vera")
    page = change(user)

    save(admin, page, **{"person-0-brands": [other.brand.pk]})

    assert list(user.person.brands.all()) == [other.brand]
    vera = Client()
    vera.force_login(user)
    assert vera.get(change(other.brand)).status_code == 200
    assert vera.get(change(own.brand)).status_code == 404
    listed = text_of(admin.get(changelist("ads_personbrandevent")))
    assert f"vera – {OTHER}" in listed
    assert said(admin.get(page)) is not None
