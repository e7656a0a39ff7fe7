"""What people read where there is no page for them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import Brand
from ads.tests.admin.pages import add

pytestmark = pytest.mark.django_db


def test_an_address_that_leads_nowhere_leads_to_the_overview(admin: Client) -> None:
    answer = admin.get("/admin/nowhere/")

    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
    assert f'href="{reverse("admin:index")}"' in answer.content.decode()


def test_what_a_role_does_not_allow_is_said_to_be_the_role(staff: Callable[..., Client]) -> None:
    answer = staff("view_brand").post(add("ads_brand"), {"name": "Acme", "timezone": "UTC"})

    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.content.decode()
    assert not Brand.objects.exists()


def test_an_error_is_owned_up_to(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.raise_request_exception = False

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ads.admin.overview.page.timezone.now", fail)
    answer = admin.get(reverse("admin:index"))

    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()


def test_the_login_offers_no_way_to_a_site_that_there_is_not(client: Client) -> None:
    page = client.get(reverse("admin:login")).content.decode()

    assert "Return to site" not in page
