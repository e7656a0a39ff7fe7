"""The second factor: set up, asked for, required of roles, reset."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ads.checks import check_second_factor_roles
from ads.models import SecondFactor, SignIn
from ads.services.people import second_factor
from ads.tests.admin.pages import changelist
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

ASK, SET_UP = reverse("second_factor"), reverse("second_factor_setup")
CAMPAIGNS = changelist("ads_campaign")
LOGIN, PASSWORD = reverse("admin:login"), "correct horse battery"
SENT = {"username": "anna", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _at_noon_with_quick_hashes(settings: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def anna() -> User:
    user = User.objects.create_user("anna", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="Operator"))
    return user


def browser(address: str = "192.0.2.7") -> Client:
    """Somebody who has entered the password."""
    client = Client(REMOTE_ADDR=address)
    assert client.post(LOGIN, SENT).status_code == 302
    return client


def app(user: User, seconds: int = 0) -> str:
    """What the app shows, ``seconds`` after noon."""
    secret = second_factor.secret_of(SecondFactor.objects.get(user=user))
    code = TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(NOON.timestamp() + seconds)  # noqa: S303
    return code.decode()


def set_up(user: User) -> list[str]:
    """Set it up at noon; the recovery codes."""
    client = browser()
    page = client.get(SET_UP).content.decode()
    assert "data:image/svg+xml" in page
    response = client.post(SET_UP, {"password": PASSWORD, "code": app(user)})
    codes: list[str] = response.context["codes"]
    assert all(code in response.content.decode() for code in codes)
    assert client.get(CAMPAIGNS).status_code == 200
    return codes


def test_after_the_password_nothing_opens_before_the_code(anna: User) -> None:
    set_up(anna)
    client = browser()

    refused = client.get(CAMPAIGNS)
    posted = client.post(reverse("admin:ads_campaign_act", args=["pause"]), {"ids": "1"})
    used = client.post(ASK, {"code": app(anna)})
    wrong = client.post(ASK, {"code": "000000"})
    right = client.post(ASK, {"code": app(anna, 30), "next": CAMPAIGNS})

    assert refused.headers["Location"].startswith(ASK)
    assert posted.headers["Location"].startswith(ASK)
    # The code that set it up is not good twice.
    assert used.context["form"].errors["code"] == [
        "This is not the code, or it has been used. Wait for the next one."
    ]
    assert wrong.status_code == 200
    assert right.headers["Location"] == CAMPAIGNS
    assert client.get(CAMPAIGNS).status_code == 200
    kinds = SignIn.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-4:] == ["code_asked", "code_failed", "code_failed", "signed_in"]


def test_a_recovery_code_works_once(anna: User) -> None:
    codes = set_up(anna)
    assert len(set(codes)) == 10
    assert re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", codes[0])

    first, second = browser(), browser()

    assert first.post(ASK, {"code": codes[0].upper()}).status_code == 302
    assert second.post(ASK, {"code": codes[0]}).status_code == 200
    assert second.post(ASK, {"code": codes[1].replace("-", " ")}).status_code == 302


def test_codes_cannot_be_guessed_by_logging_in_again_nor_from_elsewhere(anna: User) -> None:
    set_up(anna)
    first, second, third = (browser(f"192.0.2.{number}") for number in range(3))
    for client in (first, second):
        for _ in range(5):
            client.post(ASK, {"code": "000000"})

    again = Client(REMOTE_ADDR="192.0.2.0").post(LOGIN, SENT)
    right = third.post(ASK, {"code": app(anna, 30)})

    assert "Too many failed attempts." in again.content.decode()
    assert right.context["form"].errors["code"][0].startswith("Too many failed attempts.")


def test_neither_the_secret_nor_a_recovery_code_is_in_the_database(anna: User) -> None:
    codes = set_up(anna)

    factor = SecondFactor.objects.get(user=anna)
    secret = second_factor.secret_of(factor)
    stored = f"{factor.secret} {factor.recovery_hashes}"
    assert secret not in stored
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


def test_an_open_session_alone_does_not_set_it_up(anna: User) -> None:
    client = browser()
    client.get(SET_UP)

    response = client.post(SET_UP, {"password": "wrong", "code": app(anna)})

    assert response.context["form"].errors["password"] == ["This is not your password."]
    assert second_factor.of(anna) is None


def test_a_secret_that_somebody_has_seen_earlier_is_not_turned_on(anna: User) -> None:
    browser("198.51.100.9").get(SET_UP)
    seen = app(anna)

    client = browser()
    client.get(SET_UP)
    refused = client.post(SET_UP, {"password": PASSWORD, "code": seen})

    assert seen != app(anna)
    assert "This is not the code" in refused.content.decode()
    assert client.post(SET_UP, {"password": PASSWORD, "code": app(anna)}).context["codes"]


def test_it_is_turned_off_with_a_code_and_recovery_codes_are_made_anew(anna: User) -> None:
    codes = set_up(anna)
    client = browser()
    client.post(ASK, {"code": codes[0]})

    page = client.get(SET_UP).content.decode()
    refused = client.post(SET_UP, {"code": "000000", "off": ""})
    new = client.post(SET_UP, {"code": codes[1], "codes": ""}).context["codes"]
    off = client.post(SET_UP, {"code": new[0], "off": ""})

    assert "9 of 10 recovery codes are left" in page
    assert refused.status_code == 200
    assert not set(new) & set(codes)
    assert off.status_code == 302
    assert second_factor.of(anna) is None
    assert browser().get(CAMPAIGNS).status_code == 200


def test_of_a_role_that_needs_it_nothing_opens_before_it_is_set_up(
    anna: User, settings: Any
) -> None:
    settings.SECOND_FACTOR_ROLES = ["Operator"]
    client = browser()

    led = client.get(CAMPAIGNS)
    page = client.get(SET_UP)
    client.post(SET_UP, {"password": PASSWORD, "code": app(anna)})
    opened = client.get(CAMPAIGNS)
    kept = client.post(SET_UP, {"code": app(anna, 30), "off": ""})

    assert led.headers["Location"].startswith(SET_UP)
    assert "Your role needs a second factor" in page.content.decode()
    assert opened.status_code == 200
    assert kept.context["form"].non_field_errors() == [
        "Your role needs a second factor, so it stays on."
    ]
    ben = User.objects.create_user("ben", is_staff=True)
    other = Client()
    other.force_login(ben)
    assert other.get(reverse("admin:index")).status_code == 200


def test_a_role_that_comes_to_need_it_reaches_open_sessions(anna: User, settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = ["Administrator"]
    first, second = browser(), browser()
    assert first.get(CAMPAIGNS).status_code == 200

    anna.groups.add(Group.objects.get(name="Administrator"))
    led = first.get(CAMPAIGNS)
    first.get(SET_UP)
    first.post(SET_UP, {"password": PASSWORD, "code": app(anna)})

    assert led.headers["Location"].startswith(SET_UP)
    assert first.get(CAMPAIGNS).status_code == 200
    assert second.get(CAMPAIGNS).headers["Location"].startswith(ASK)
    second.post(ASK, {"code": app(anna, 30)})
    assert second.get(CAMPAIGNS).status_code == 200


def test_it_is_asked_for_again_if_it_was_turned_off_and_comes_to_be_needed(
    anna: User, settings: Any
) -> None:
    codes = set_up(anna)
    client = browser()
    client.post(ASK, {"code": codes[0]})
    client.post(SET_UP, {"code": codes[1], "off": ""})
    assert client.get(CAMPAIGNS).status_code == 200

    settings.SECOND_FACTOR_ROLES = ["Operator"]

    assert client.get(CAMPAIGNS).headers["Location"].startswith(SET_UP)


def test_superusers_are_named_as_a_role_and_unknown_roles_are_warned_about(
    admin: Client, settings: Any
) -> None:
    settings.SECOND_FACTOR_ROLES = ["Superuser", "Admins"]
    client = Client()
    client.force_login(User.objects.get(username="olivia"))

    assert client.get(CAMPAIGNS).headers["Location"].startswith(SET_UP)
    (caution,) = check_second_factor_roles(["default"])
    assert "names 'Admins', and there is no such role" in caution.msg


def test_an_administrator_and_a_command_reset_it(anna: User, admin: Client) -> None:
    set_up(anna)
    waiting = browser()
    sent = {"action": "reset_second_factor", "_selected_action": anna.pk}

    asked = admin.post(changelist("auth_user"), sent)
    assert second_factor.of(anna)
    admin.post(changelist("auth_user"), {**sent, "confirmed": "yes"})

    assert "Call them back first" in asked.content.decode()
    assert second_factor.of(anna) is None
    assert waiting.get(ASK).status_code == 302
    assert waiting.get(CAMPAIGNS).status_code == 200
    set_up(anna)
    call_command("person", "reset-second-factor", "anna")
    assert second_factor.of(anna) is None
    with pytest.raises(CommandError, match="anna has no second factor"):
        call_command("person", "reset-second-factor", "anna")
    resets = SignIn.objects.filter(kind="factor_reset").order_by("pk")
    assert [one.by.split(",")[0] for one in resets] == ["olivia", "command: person"]
