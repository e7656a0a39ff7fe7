"""api_key and webhook: create, list, revoke and switch in a terminal."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError

from ads.models import ApiKey, WebhookEndpoint
from ads.services.history.audit import event_model, recent
from ads.services.senders import api_keys
from ads.services.senders.encryption import unseal
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def acme(noon: Any) -> None:
    BrandFactory.create(name="Acme")


def create(*more: str) -> str:
    return say("api_key", "create", "ETL", "--scope", "spend:write", *more)


def test_a_key_is_shown_once_with_a_line_to_try_it(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://budgets.example.com"]
    said = create("--scope", "read", "--brand", "Acme", "--expires", "2027-01-01")

    (text,) = re.findall(r"^(bm_\w{8}_\w{43})$", said, re.MULTILINE)
    caller = api_keys.authenticate(text, NOON)
    assert (caller.name, caller.source) == ("ETL", "ETL")
    assert caller.scopes == {"spend:write", "read"}
    assert len(caller.brand_ids or ()) == 1
    assert ApiKey.objects.get().expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert (
        f"curl -H 'Authorization: Bearer {text}' https://budgets.example.com/api/v1/key"
        in said.splitlines()
    )
    assert text.rsplit("_", 1)[1] not in say("api_key", "list")


def test_keys_are_listed_with_what_they_open(noon: Any) -> None:
    said = create("--every-brand", "--source", "etl", "--expires", "2024-05-16T14:00+02:00")
    text = said.splitlines()[2]
    api_keys.authenticate(text, NOON)

    prefix = text[:11]
    row = ["ETL", prefix, "etl", "spend:write", "every brand", "2024-05-16 12:00 UTC"]
    assert [*row, "2024-05-15 12:00 UTC", "in use"] in rows(say("api_key", "list"))
    noon.move_to(NOON + timedelta(days=1))
    assert [*row, "2024-05-15 12:00 UTC", "expired"] in rows(say("api_key", "list"))
    say("api_key", "revoke", prefix)
    assert [*row, "2024-05-15 12:00 UTC", "revoked"] in rows(say("api_key", "list"))


def test_a_key_is_revoked_by_its_name_or_prefix() -> None:
    text = create("--every-brand").splitlines()[2]

    assert "ETL (" in say("api_key", "revoke", "ETL")
    with pytest.raises(api_keys.RevokedKey):
        api_keys.authenticate(text, NOON)
    with pytest.raises(CommandError, match="is already revoked"):
        say("api_key", "revoke", text[:11])
    entry = recent(event_model("ApiKeyEvent")._default_manager.all())[0]
    assert entry.actor.startswith("command: api_key")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "Choose its brands: --brand NAME for each of them, or --every-brand."),
        (["--brand", "Akme"], 'There is no brand "Akme". Did you mean "Acme"?'),
        (["--brand", "Acme", "--every-brand"], "not both"),
        (["--brand", "Acme", "--source", "import"], "the product itself writes under it"),
        (
            ["--every-brand", "--expires", "2024-05-15"],
            "expires_at: '2024-05-15 00:00 UTC' is refused",
        ),
        (["--every-brand", "--expires", "31.12.2027"], "not '31.12.2027'"),
        (["--every-brand", "--expires", "2027-01-01T09:00"], "with its offset from UTC"),
        (["--every-brand", "--expires", "0001-01-01T00:00+14:00"], "--expires: use a date"),
        (["--every-brand", "--requests-per-minute", "0"], "requests_per_minute: 0 is refused"),
        (["--every-brand", "--source", "\x1b[2J"], r"source: '\x1b[2J' is refused"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_with_the_remedy(
    options: list[str], says: str
) -> None:
    with pytest.raises(CommandError, match=re.escape(says)):
        create(*options)
    assert not ApiKey.objects.exists()


def test_revoking_a_key_that_is_not_there_says_so() -> None:
    with pytest.raises(CommandError, match='no key with the name or prefix "Nobody"'):
        say("api_key", "revoke", "Nobody")
    with pytest.raises(CommandError, match="no key with the name or prefix"):
        say("api_key", "revoke", "a\x00b")


def hook() -> tuple[WebhookEndpoint, str]:
    said = say("webhook", "create", "Hook", "--brand", "Acme").splitlines()
    made = WebhookEndpoint.objects.get()
    assert said[1] == f"http://localhost:8000/api/v1/webhooks/{made.address}"
    return made, said[3]


def test_an_endpoint_is_made_and_its_secret_shown_once() -> None:
    endpoint, secret = hook()

    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert unseal(endpoint.secret) == secret
    assert secret not in endpoint.secret
    listed = say("webhook", "list")
    assert secret not in listed
    assert [rows(listed)[1][0], rows(listed)[1][3]] == ["Hook", "Acme"]


def test_a_new_secret_leaves_the_one_before_for_a_day_or_as_long_as_said() -> None:
    endpoint, first = hook()

    said = say("webhook", "rotate", "Hook")

    endpoint.refresh_from_db()
    assert said.splitlines()[1] == unseal(endpoint.secret) != first
    assert "The previous secret is accepted until 2024-05-16 12:00 UTC." in said
    assert "The one before" not in said
    assert unseal(endpoint.previous_secret) == first
    assert endpoint.previous_expires_at == NOON + timedelta(hours=24)

    said = say("webhook", "rotate", f"http://x/api/v1/webhooks/{endpoint.address}", "--hours", "0")

    endpoint.refresh_from_db()
    assert "The previous secret is no longer accepted." in said
    assert "The one before that is refused from now on, which was still accepted." in said
    assert not endpoint.previous_secret
    assert WebhookEndpoint.objects.get().previous_expires_at == NOON


@pytest.mark.parametrize("hours", ["nan", "1e300", "721", "-1"])
def test_hours_that_cannot_be_leave_the_secret_as_it_is(hours: str) -> None:
    endpoint, secret = hook()

    with pytest.raises(CommandError, match=r"not a number of hours|at most 30 days"):
        say("webhook", "rotate", "Hook", "--hours", hours)
    endpoint.refresh_from_db()
    assert unseal(endpoint.secret) == secret


def test_an_endpoint_is_switched_off_and_on() -> None:
    endpoint, _ = hook()

    assert "Hook is off" in say("webhook", "disable", "Hook")
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    with pytest.raises(CommandError, match="Hook is already off"):
        say("webhook", "disable", "Hook")
    say("webhook", "enable", "Hook")
    endpoint.refresh_from_db()
    assert endpoint.is_active
    with pytest.raises(CommandError, match='There is no endpoint "Nobody"'):
        say("webhook", "rotate", "Nobody")


def test_secrets_are_sealed_anew_after_a_new_secret_key(settings: Any) -> None:
    endpoint, first = hook()
    say("webhook", "rotate", "Hook")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"  # noqa: S105  (a test's)

    assert "The secrets of 1 endpoint now use the current SECRET_KEY" in say("webhook", "seal-anew")

    settings.SECRET_KEY_FALLBACKS = []
    endpoint.refresh_from_db()
    assert unseal(endpoint.previous_secret) == first


def test_sealing_anew_without_the_old_key_changes_nothing_and_says_what_to_do(
    settings: Any,
) -> None:
    endpoint, _ = hook()
    settings.SECRET_KEY = "another"  # noqa: S105  (a test's)

    with pytest.raises(CommandError, match="Put the previous key into SECRET_KEY_FALLBACKS"):
        say("webhook", "seal-anew")
    assert WebhookEndpoint.objects.get().secret == endpoint.secret


def test_an_endpoint_may_say_what_becomes_of_overlaps() -> None:
    say("webhook", "create", "Tracker", "--every-brand", "--on-overlap", "replace")
    say("webhook", "create", "Other", "--every-brand")

    chosen = WebhookEndpoint.objects.order_by("name").values_list("name", "on_overlap")
    assert list(chosen) == [("Other", ""), ("Tracker", "replace")]
