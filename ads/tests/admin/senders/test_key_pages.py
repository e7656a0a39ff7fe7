"""Keys in the admin: shown once, revoked after asking, never deleted, only by those who may."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.models import ApiKey
from ads.services.history.audit import event_model, recent
from ads.services.senders import api_keys
from ads.tests.admin.pages import act, add, change, changelist, context_of, errors, save
from ads.tests.factories import BrandFactory, CampaignFactory

KEY = re.compile(r"bm_\w{8}_\w{43}")

pytestmark = pytest.mark.django_db


def made(name: str = "ETL", **terms: Any) -> tuple[ApiKey, str]:
    given: dict[str, Any] = {"source": name, "scopes": ["read"], "now": timezone.now()}
    return api_keys.issue(name=name, every_brand="brands" not in terms, **(given | terms))


def post(client: Client, **fields: Any) -> Any:
    """Fill in the form of a new key and send it."""
    given = {"name": "ETL", "source": "etl", "scopes": ["read"], "every_brand": "on"}
    data = {name: value for name, value in (given | fields).items() if value is not None}
    return client.post(add("ads_apikey"), data)


def test_a_new_key_is_shown_in_the_answer_itself_and_kept_nowhere(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme")

    page = post(admin, scopes=["spend:write", "read"], every_brand=None, brands=[brand.pk])

    assert page.status_code == 200, "a redirect would need it kept meanwhile"
    assert "no-store" in page.headers["Cache-Control"]
    (text,) = set(KEY.findall(page.content.decode()))
    caller = api_keys.authenticate(text, timezone.now())
    assert (caller.name, caller.source) == ("ETL", "etl")
    assert caller.brand_ids == frozenset([brand.pk])
    assert caller.scopes == {"spend:write", "read"}
    secret = text.rsplit("_", 1)[1]
    assert "messages" not in page.cookies
    assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())
    assert not any(secret in str(vars(entry)) for entry in LogEntry.objects.all())
    for url in (changelist("ads_apikey"), change(ApiKey.objects.get()), "/admin/"):
        assert secret not in admin.get(url).content.decode()


def test_the_page_copies_by_a_script_of_its_own_and_has_none_inline(admin: Client) -> None:
    page = post(admin).content.decode()

    assert 'src="/static/ads/copy.js"' in page
    content = page[page.index('id="content"') :]
    assert "data-copy" in content
    assert "onclick" not in content


def test_the_new_key_is_recorded_under_the_users_name(admin: Client) -> None:
    post(admin)

    entry = recent(event_model("ApiKeyEvent")._default_manager.all())[0]
    assert (entry.actor, entry.what, entry.subject) == ("olivia", "created", "ETL")


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"name": ""}, "name", "required"),
        ({"scopes": None}, "scopes", "required"),
        ({"scopes": ["admin"]}, "scopes", "not one of the available choices"),
        ({"every_brand": None}, "brands", "Choose its brands, or every brand"),
        ({"name": "Taken"}, "name", "Another sender has this name"),
        ({"source": "a\x00b"}, "source", "Null characters"),
        ({"source": "a\tb"}, "source", "invisible characters"),
        ({"requests_per_minute": "0"}, "requests_per_minute", "Give 1 to 1,000,000"),
        (
            {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"},
            "expires_at",
            "It is in the past",
        ),
        (
            {"expires_at_0": "2020-31-01", "expires_at_1": "00:00"},
            "expires_at",
            "Write the date as",
        ),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_beside_the_field(
    admin: Client, fields: dict[str, Any], field: str, says: str
) -> None:
    made("Taken")

    found = errors(post(admin, **fields))

    assert list(found) == [field]
    assert says in found[field][0]
    assert ApiKey.objects.count() == 1


def test_a_source_that_would_tell_of_other_brands_is_refused(admin: Client) -> None:
    made("Every", source="shared")
    brand = BrandFactory.create()

    found = errors(post(admin, source="shared", every_brand=None, brands=[brand.pk]))

    assert found == {
        "source": [
            "Every, which is for other brands, uses it or has used it; choose another source."
        ]
    }


def test_name_and_limits_are_edited_and_the_source_is_on_record(admin: Client) -> None:
    key, text = made()
    brand = BrandFactory.create(name="Acme")

    save(
        admin,
        change(key),
        name="ETL new",
        source="etl-new",
        scopes=["spend:write"],
        every_brand=None,
        brands=[brand.pk],
        requests_per_minute="30",
    )

    caller = api_keys.authenticate(text, timezone.now())
    assert (caller.name, caller.source) == ("ETL new", "etl-new")
    assert caller.scopes == {"spend:write"}
    assert caller.brand_ids == frozenset([brand.pk])
    assert caller.requests_per_minute == 30
    entry = recent(event_model("ApiKeyEvent")._default_manager.all())[0]
    assert entry.actor == "olivia"
    assert {(change.label, change.old, change.new) for change in entry.changes} == {
        ("name", "ETL", "ETL new"),
        ("source", "ETL", "etl-new"),
        ("every brand", "yes", "no"),
        ("scopes", "read", "spend:write"),
        ("requests per minute", "–", "30"),
    }
    shown = context_of(admin, change(key))["audit"]
    assert sorted(entry.what for _, entry in shown) == ["attached", "changed", "created"]


def test_an_expired_key_can_be_renamed_and_given_more_time(admin: Client) -> None:
    key, text = made(expires_at=timezone.now() + timedelta(seconds=1))
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))

    save(admin, change(key), name="Renamed")
    assert ApiKey.objects.get().name == "Renamed"

    save(admin, change(key), expires_at_0="2100-01-01", expires_at_1="00:00")
    assert api_keys.authenticate(text, timezone.now()).name == "Renamed"


def test_an_edit_that_was_open_while_the_key_was_revoked_does_not_bring_it_back(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = made()
    from ads.admin.senders.api_keys import ApiKeyForm

    real = ApiKeyForm.check

    def revoked_meanwhile(form: ApiKeyForm) -> None:
        api_keys.revoke(key, now=timezone.now())
        real(form)

    monkeypatch.setattr(ApiKeyForm, "check", revoked_meanwhile)
    save(admin, change(key), name="Renamed")

    key.refresh_from_db()
    assert key.name == "Renamed"
    assert key.revoked_at is not None


@pytest.mark.parametrize("way", ["list", "page"])
def test_revoking_asks_first_and_is_for_good(admin: Client, way: str) -> None:
    key, text = made()

    def press(**more: str) -> Any:
        if way == "list":
            data = {"action": "revoke_keys", "_selected_action": key.pk, **more}
            return admin.post(changelist("ads_apikey"), data, follow=True)
        url = f"/admin/ads/apikey/{key.pk}/revoke/"
        return admin.post(url, more, follow=True) if more else admin.get(url)

    asked = press().content.decode()
    assert "ETL" in asked
    assert "for good" in asked
    assert api_keys.authenticate(text, timezone.now())

    done = press(confirmed="yes")

    assert "Revoked: ETL." in done.content.decode()
    with pytest.raises(api_keys.RevokedKey):
        api_keys.authenticate(text, timezone.now())
    page = admin.get(change(key)).content.decode()
    assert 'name="scopes"' not in page, "there is nothing to edit any more"
    assert 'name="_save"' not in page
    assert admin.post(change(key), {"name": "Again"}).status_code == 403
    assert "Already revoked." in press(confirmed="yes").content.decode()


def test_a_get_revokes_nothing(admin: Client) -> None:
    key, text = made()

    admin.get(f"/admin/ads/apikey/{key.pk}/revoke/", {"confirmed": "yes"})

    assert api_keys.authenticate(text, timezone.now())
    assert admin.get("/admin/ads/apikey/999999/revoke/").status_code == 404


def test_keys_are_not_deleted(admin: Client) -> None:
    key, _ = made()

    deleting = {"action": "delete_selected", "_selected_action": key.pk, "post": "yes"}
    admin.post(changelist("ads_apikey"), deleting)
    answer = admin.post(change(key).replace("/change/", "/delete/"), {"post": "yes"})

    assert answer.status_code == 403
    assert ApiKey.objects.exists()


def test_who_may_only_look_makes_edits_and_revokes_nothing(staff: Callable[..., Client]) -> None:
    key, text = made()
    looks = staff("view_apikey")

    assert looks.get(changelist("ads_apikey")).status_code == 200
    page = looks.get(change(key))
    assert page.status_code == 200
    assert "/revoke/" not in page.content.decode()
    assert post(looks, name="Mine").status_code == 403
    assert looks.post(change(key), {"name": "Mine"}).status_code == 403
    url = f"/admin/ads/apikey/{key.pk}/revoke/"
    assert looks.get(url).status_code == 403
    assert looks.post(url, {"confirmed": "yes"}).status_code == 403
    act(looks, "ads_apikey", "revoke_keys", [key])
    assert list(ApiKey.objects.values_list("name", flat=True)) == ["ETL"]
    assert api_keys.authenticate(text, timezone.now())


def test_who_may_do_nothing_with_keys_is_shown_none(staff: Callable[..., Client]) -> None:
    key, _ = made()
    other = staff("view_campaign")

    assert other.get(changelist("ads_apikey")).status_code == 403
    assert other.get(change(key)).status_code == 403
    assert other.get(add("ads_apikey")).status_code == 403


def test_who_may_make_keys_may_make_one(staff: Callable[..., Client]) -> None:
    page = post(staff("add_apikey", "view_apikey"))

    assert KEY.search(page.content.decode())


def test_the_list_says_what_each_is_good_for(admin: Client) -> None:
    acme, globex = BrandFactory.create(name="Acme"), BrandFactory.create(name="Globex")
    made("Used", brands=[globex, acme])
    _, text = made("Expired")
    api_keys.authenticate(text, timezone.now())
    ApiKey.objects.filter(name="Expired").update(expires_at=timezone.now())
    revoked, _ = made("Revoked")
    api_keys.revoke(revoked, now=timezone.now())

    page = admin.get(changelist("ads_apikey")).content.decode()

    assert "Acme, Globex" in page
    for state in ("In use", "Expired", "Revoked"):
        assert f">{state}</span>" in page
    assert f"bm_{revoked.prefix}" in page
    assert revoked.secret_hash not in page


def test_fifty_keys_cost_as_many_queries_as_five(admin: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(changelist("ads_apikey")).status_code == 200
        return len(captured)

    for number in range(5):
        made(f"Key {number}", brands=[BrandFactory.create()])
    queries()
    few = queries()
    for number in range(5, 45):
        made(f"Key {number}", brands=[BrandFactory.create()])

    assert queries() == few


def test_a_brand_that_a_key_is_limited_to_can_be_deleted(admin: Client) -> None:
    campaign = CampaignFactory.create()
    brand = campaign.brand
    made(brands=[brand])
    campaign.delete()

    admin.post(change(brand).replace("/change/", "/delete/"), {"post": "yes"})

    assert not type(brand).objects.filter(pk=brand.pk).exists()
    assert ApiKey.objects.get().every_brand is False
    entry = recent(event_model("ApiKeyBrandEvent")._default_manager.all())[0]
    assert (entry.what, entry.actor) == ("detached", "olivia")
