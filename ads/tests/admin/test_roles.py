"""Who may do and edit what. An action that is new here has to be decided on."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from ads.migrations import _roles
from ads.models import Spend
from ads.services import BudgetService
from ads.tests import site_map
from ads.tests.admin.pages import change, context_of, save
from ads.tests.admin.roles import ACTIONS, LISTS, ROLES, Role, browser_of, label, somebody
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db

EVERY_ROLE = pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)


def asking(user: User) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_each_role_may_what_those_before_it_may_and_more() -> None:
    may = [_codenames(ROLES[role]) for role in Role]

    assert all(less < more for less, more in pairwise(may))


@EVERY_ROLE
def test_a_role_is_offered_its_actions_and_no_others(role: Role) -> None:
    request = asking(somebody(role))

    for model, pages in admin.site._registry.items():
        decided = ACTIONS.get(label(model), {})
        assert set(pages.get_actions(request)) == {
            name for name, least in decided.items() if role >= least
        }, model


@EVERY_ROLE
def test_a_role_types_into_its_columns_of_lists_and_no_others(role: Role) -> None:
    CampaignFactory.create()
    client = browser_of(somebody(role))

    for model, pages in admin.site._registry.items():
        if pages.list_editable:
            page = site_map.Page(site_map.address(model, "changelist"))
            formset = context_of(client, page.url(), {"edit": "budgets"})["cl"].formset
            fields = set(formset.empty_form.fields) - {"id"} if formset else set()
            decided = LISTS[label(model)].items()
            assert fields == set().union(*(names for least, names in decided if role >= least))


def test_every_action_is_decided_on() -> None:
    request = asking(User(is_superuser=True))

    offered = {
        label(model): set(pages.get_actions(request))
        for model, pages in admin.site._registry.items()
        if pages.get_actions(request)
    }
    assert offered == {model: set(actions) for model, actions in ACTIONS.items()}


@EVERY_ROLE
def test_what_a_role_may_not_edit_is_not_saved(role: Role) -> None:
    client = browser_of(somebody(role))
    brand = BrandFactory.create(daily_budget=75)

    if role >= Role.BUDGET_MANAGER:
        assert save(client, change(brand), daily_budget="123").status_code == 302
    else:
        assert client.post(change(brand), {"daily_budget": "123"}).status_code == 403

    assert brand.fresh().daily_budget == (123 if role >= Role.BUDGET_MANAGER else 75)


@EVERY_ROLE
def test_operators_pause_campaigns_that_they_may_not_edit(role: Role) -> None:
    client = browser_of(somebody(role))
    campaign = CampaignFactory.create()

    address = reverse("admin:ads_campaign_act", args=["pause"])
    client.post(address, {"ids": campaign.pk, "do": "1"})

    assert campaign.fresh().status == ("paused" if role >= Role.OPERATOR else "active")


def test_the_roles_are_made_once_and_then_left_to_staff() -> None:
    viewers = Group.objects.get(name="Viewer")
    viewers.permissions.set(Permission.objects.filter(codename="view_brand"))
    Group.objects.get(name="Operator").delete()
    roles = {"Viewer": ["view_campaign"], "Operator": ["view_campaign", "switch_campaign"]}

    with connection.schema_editor() as editor:
        _roles.create(apps, editor, roles)
        _roles.create(apps, editor, roles)

    assert apps.get_app_config("ads").models_module is not None
    assert _codenames("Viewer") == {"view_brand"}
    assert _codenames("Operator") == {"view_campaign", "switch_campaign"}


def test_a_role_with_a_permission_that_there_is_not_is_refused() -> None:
    with connection.schema_editor() as editor, pytest.raises(LookupError, match="fly_to_the_moon"):
        _roles.create(apps, editor, {"Pilot": ["fly_to_the_moon"]})


def test_a_permission_that_is_new_is_added_to_roles_and_nothing_else_of_them_changes() -> None:
    managers = Group.objects.get(name="Budget manager")
    managers.permissions.set(Permission.objects.filter(codename="view_brand"))
    Group.objects.get(name="Administrator").delete()
    Group.objects.create(name="Night shift")
    before = _codenames("Viewer")

    with connection.schema_editor() as editor:
        for _ in range(2):
            _roles.grant(apps, editor, "correct_spend", ["Budget manager", "Administrator"])

    assert _codenames("Budget manager") == {"view_brand", "correct_spend"}
    assert (_codenames("Viewer"), _codenames("Night shift")) == (before, set())
    assert not Group.objects.filter(name="Administrator").exists()


def test_budget_managers_and_administrators_correct_spend_and_nobody_else() -> None:
    assert {name for name in ROLES.values() if "correct_spend" in _codenames(name)} == {
        "Budget manager",
        "Administrator",
    }


@EVERY_ROLE
def test_who_may_not_correct_spend_records_nothing(role: Role) -> None:
    client = browser_of(somebody(role))
    entry = BudgetService.record_spend(CampaignFactory.create(), 5)
    page = reverse("admin:ads_spend_correct", args=[entry.pk])
    sent = {"amount": "-5", "reason": "x", "seen": 0, "record": ""}
    shown = f"{entry.campaign_id} {entry.date} -5.00"

    client.post(page, {**sent, "shown": shown})

    made = Spend.objects.filter(kind="correction").count()
    assert made == (1 if role >= Role.BUDGET_MANAGER else 0)


def _codenames(name: str) -> set[str]:
    permissions = Group.objects.get(name=name).permissions
    return set(permissions.values_list("codename", flat=True))


def test_who_is_in_no_role_sees_nothing(staff: Callable[..., Client]) -> None:
    client = staff()

    for model in admin.site._registry:
        url = site_map.Page(site_map.address(model, "changelist")).url()
        assert client.get(url).status_code == 403, model
