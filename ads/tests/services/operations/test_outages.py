"""What people see on pages while the database is away, or somebody has locked what they change."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection
from django.test import Client

from ads.services.bulk import batches
from ads.services.people import sessions
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import execute, held_open

FORM = "application/x-www-form-urlencoded"
LIST = "/admin/ads/campaign/?state=Active"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


@pytest.fixture
def _impatient() -> Iterator[None]:
    """As gunicorn's connections are, only more so."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


@pytest.mark.usefixtures("_impatient")
def test_an_edit_of_what_somebody_keeps_locked_says_so_and_changes_nothing(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=10)
    page_of_brand = f"/admin/ads/brand/{brand.pk}/change/"

    lock = "SELECT FROM ads_brand WHERE id = %s FOR UPDATE"
    with held_open(lambda: execute(lock, [brand.pk])):
        response = admin.post(
            page_of_brand,
            {"name": "Acme", "timezone": "UTC", "daily_budget": "20"},
            headers={"Referer": f"http://testserver{page_of_brand}"},
        )

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    page = response.content.decode()
    assert "If you were saving an edit, none of it was saved." in page
    assert f'href="http://testserver{page_of_brand}"' in page
    brand.refresh_from_db()
    assert brand.daily_budget == 10


def test_what_an_action_on_many_has_done_before_stays_done_as_the_page_says(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH", 1)
    campaigns = CampaignFactory.create_batch(3)
    updates = []

    def refuse_the_second(run: Any, sql: str, *more: Any) -> Any:
        if sql.startswith('UPDATE "ads_campaign" SET "status"'):
            updates.append(sql)
            if len(updates) > 1:
                raise OperationalError("server closed the connection unexpectedly")
        return run(sql, *more)

    data = {"ids": ",".join(str(row.pk) for row in campaigns), "back": LIST, "do": "1"}
    with connection.execute_wrapper(refuse_the_second):
        response = admin.post("/admin/ads/campaign/act/pause/", urlencode(data), FORM)

    assert response.status_code == 503
    page = response.content.decode()
    assert "some may already be changed and stay so" in " ".join(page.split())
    assert f'href="{LIST}"' in page
    assert [row.fresh().status for row in campaigns] == ["paused", "active", "active"]


def test_a_page_while_the_database_is_away_says_so(admin: Client) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        response = admin.get("/admin/ads/brand/")

    assert response.status_code == 503
    assert "Try again in a moment" in response.content.decode()
    assert "Nothing was changed." in response.content.decode()


@pytest.mark.parametrize("table", ["ads_person", "auth_user_groups", "ads_secondfactor"])
def test_a_database_that_goes_away_while_it_is_asked_who_asks_says_so_too(
    settings: Any, table: str
) -> None:
    settings.SECOND_FACTOR_ROLES = ["Administrator"]
    client = Client()
    ben = User.objects.create_user("ben", is_staff=True)
    ben.groups.add(Group.objects.get_or_create(name="Viewer")[0])
    client.force_login(ben)
    session = client.session
    if table == "ads_secondfactor":  # of a session from before there were second factors
        del session[sessions.MISSING]
        session.save()
    refused = []

    def refuse(run: Any, sql: str, *more: Any) -> Any:
        if table in sql:
            refused.append(sql)
            raise OperationalError("server closed the connection unexpectedly")
        return run(sql, *more)

    with connection.execute_wrapper(refuse):
        response = client.get("/admin/ads/brand/")

    assert len(refused) == 1
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Try again in a moment" in response.content.decode()


def test_what_is_no_outage_is_an_error_as_ever(admin: Client) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a mistake of ours")

    with connection.execute_wrapper(fail), pytest.raises(ValueError, match="of ours"):
        admin.get("/admin/ads/brand/")
