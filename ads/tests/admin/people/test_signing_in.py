"""Logging in: throttled by user and by address, on record, and for a working day."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import SignIn
from ads.services.people import sign_ins
from ads.tests.admin.pages import changelist
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

LOGIN = reverse("admin:login")
OFFICE, HOME, STRANGER = "192.0.2.7", "198.51.100.8", "203.0.113.9"
PASSWORD, WRONG = "correct horse battery", "wrong"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna", password=PASSWORD, is_staff=True)


def log_in(
    username: str = "anna", password: str = PASSWORD, *, address: str = OFFICE, **more: str
) -> Any:
    """The answer to the form, and the browser as ``client``."""
    sent = {"username": username, "password": password, **more}
    return Client(REMOTE_ADDR=address).post(LOGIN, sent)


def said(response: Any) -> list[str]:
    return list(response.context["form"].non_field_errors())


def kinds(username: str = "anna") -> list[str]:
    """What is on record, oldest first."""
    rows = SignIn.objects.filter(username=username).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_five_failures_of_a_user_from_one_address_lock_that_user_out_there_for_a_while(
    anna: User,
) -> None:
    User.objects.create_user("ben", password=PASSWORD, is_staff=True)
    with time_machine.travel(NOON, tick=False):
        for _ in range(5):
            assert "correct username and password" in said(log_in(password=WRONG))[0]
        locked = log_in()
        elsewhere, colleague = log_in(address=HOME), log_in("ben")
    with time_machine.travel(NOON + timedelta(minutes=15, seconds=1), tick=False):
        later = log_in()

    (refusal,) = said(locked)
    assert refusal.startswith("Too many failed attempts. Try again in 15 minutes, at 12:15 UTC, or")
    assert (elsewhere.status_code, colleague.status_code) == (302, 302)
    assert later.status_code == 302
    assert kinds() == ["failed"] * 5 + ["locked_out", "signed_in", "signed_in"]


def test_whether_there_is_such_a_user_shows_nowhere(anna: User) -> None:
    answers = {}
    for name in ("anna", "nobody"):
        wrong = [said(log_in(name, "wrong")) for _ in range(5)]
        answers[name] = [*wrong, [text.split(",")[0] for text in said(log_in(name, "wrong"))]]

    assert answers["anna"] == answers["nobody"]


def test_one_typing_error_locks_nobody_out_and_a_login_forgives_it(anna: User) -> None:
    for _ in range(3):
        for _ in range(4):
            log_in(password=WRONG)
        assert log_in().status_code == 302


def test_strangers_lock_out_no_user_who_has_logged_in_from_there_before(anna: User) -> None:
    assert log_in().status_code == 302
    for number in range(20):
        log_in(password=WRONG, address=f"203.0.113.{number}")

    assert said(log_in(address=HOME))[0].startswith("Too many failed attempts.")
    assert log_in().status_code == 302


def test_an_address_that_tries_many_users_is_locked_out(anna: User) -> None:
    now = timezone.now()
    for number in range(50):
        sign_ins.begin(f"user {number}", STRANGER, now)

    assert said(log_in(address=STRANGER))[0].startswith("Too many failed attempts.")
    assert log_in().status_code == 302


def test_an_ipv6_network_counts_as_one_address(anna: User) -> None:
    for number in range(5):
        log_in(password=WRONG, address=f"2001:db8::{number}")

    assert said(log_in(address="2001:db8::ffff"))[0].startswith("Too many failed attempts.")
    assert log_in(address="2001:db8:0:1::1").status_code == 302


def test_refusals_do_not_prolong_the_lock_nor_fill_the_table(anna: User) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(5):
            log_in(password=WRONG)
        for _ in range(10):
            log_in(password=WRONG)

    assert kinds() == ["failed"] * 5 + ["locked_out"]


def test_an_administrator_and_a_command_unlock(anna: User, admin: Client) -> None:
    for _ in range(2):
        for _ in range(5):
            log_in(password=WRONG)
        assert said(log_in())
        if kinds().count("unlocked") == 0:
            admin.post(changelist("auth_user"), {"action": "unlock", "_selected_action": anna.pk})
        else:
            call_command("person", "unlock", "anna", verbosity=0)
        assert log_in().status_code == 302

    row = SignIn.objects.filter(kind="unlocked").earliest("pk")
    assert (row.username, row.by) == ("anna", "olivia")


def test_the_old_password_is_throttled_where_it_is_changed_too(anna: User) -> None:
    page = reverse("admin:password_change")
    new = {"new_password1": "battery horse staple", "new_password2": "battery horse staple"}
    client = log_in().client
    client.defaults["REMOTE_ADDR"] = OFFICE

    def change(old: str) -> Any:
        return client.post(page, {"old_password": old, **new})

    wrong = [change(WRONG).context["form"].errors["old_password"] for _ in range(5)]
    (locked,) = change(PASSWORD).context["form"].errors["old_password"]

    assert wrong == [["This is not your password."]] * 5
    assert locked.startswith("Too many failed attempts. Try again in ")
    assert kinds() == ["signed_in", *["failed"] * 5, "locked_out"]
    sign_ins.unlock(timezone.now(), username="anna")
    assert change(PASSWORD).headers["Location"] == reverse("admin:password_change_done")
    assert kinds()[-1] == "unlocked"
    assert log_in(password=new["new_password1"]).status_code == 302


def test_the_command_says_how_many_failures_no_longer_count(anna: User) -> None:
    said = StringIO()
    for failures in (1, 2):
        for _ in range(failures):
            log_in(password=WRONG)
        call_command("person", "unlock", "anna", stdout=said)

    assert said.getvalue().splitlines() == [
        "Unlocked: 1 failed login no longer counts.",
        "Unlocked: 2 failed logins no longer count.",
    ]


def test_the_command_names_what_it_cannot_unlock() -> None:
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        call_command("person", "unlock", "nobody")
    with pytest.raises(CommandError, match="--address: 'office' is not an IP address"):
        call_command("person", "unlock", "--address", "office")
    with pytest.raises(CommandError, match="Name a user, or an address"):
        call_command("person", "unlock")


def test_a_login_lasts_a_working_day_and_longer_only_if_remembered(
    anna: User, settings: Any
) -> None:
    ages = [log_in(**more).client.session.get_expiry_age() for more in ({}, {"remember": "on"})]

    assert ages == [12 * 3600, 14 * 24 * 3600]


def test_logins_and_logouts_are_on_a_page_for_administrators_alone(
    anna: User, admin: Client
) -> None:
    client = log_in().client
    client.post(reverse("admin:logout"), REMOTE_ADDR=OFFICE)

    assert client.get(changelist("ads_signin")).status_code == 302
    page = admin.get(changelist("ads_signin"), {"q": OFFICE}).content.decode()
    assert "Logged in" in page
    assert "Logged out" in page
    assert OFFICE in page
    assert admin.get(changelist("ads_signin"), {"q": "no address"}).status_code == 200
    assert log_in(address=HOME).client.get(changelist("ads_signin")).status_code == 403


def test_old_sign_ins_are_forgotten(settings: Any) -> None:
    settings.SIGN_INS_KEPT_DAYS = 30
    sign_ins.begin("anna", OFFICE, NOON - timedelta(days=31))
    sign_ins.begin("anna", OFFICE, NOON - timedelta(days=29))

    assert sign_ins.forget(NOON) == 1
    assert SignIn.objects.count() == 1
