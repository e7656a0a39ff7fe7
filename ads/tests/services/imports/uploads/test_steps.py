"""What people do to an import happens once, to what they have seen."""

import pytest
from django.utils import timezone

from ads.models import SpendImport
from ads.services.actor import acting_as
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads.support import (
    checked,
    confirm,
    finish,
    has_file,
    outcome,
    recorded,
    rows,
    spent,
    upload,
)

pytestmark = pytest.mark.django_db


def one_checked() -> SpendImport:
    return checked(rows(CampaignFactory.create(), 5))


def test_another_person_may_confirm_and_both_are_on_record() -> None:
    one = confirm(one_checked(), by="ben")

    assert (one.status, one.uploaded_by, one.confirmed_by) == ("confirmed", "anna", "ben")
    assert one.confirmed_at is not None


def test_of_two_who_confirm_the_second_is_refused_and_changes_nothing() -> None:
    one = one_checked()
    stale = SpendImport.objects.get(pk=one.pk)
    confirm(one, by="ben")

    with acting_as("clara"), pytest.raises(uploads.OutOfTurn, match="Waiting to be recorded"):
        uploads.confirm(stale, checks=stale.checks, leaves_out=0, now=timezone.now())

    one.refresh_from_db()
    assert one.confirmed_by == "ben"


def test_what_was_read_in_another_way_since_is_not_confirmed_unseen() -> None:
    one = one_checked()
    seen = one.checks
    uploads.read_anew(one, Plan.from_json(one.plan), remember=False)
    uploads.check(one.pk, timezone.now())

    with pytest.raises(uploads.OutOfTurn, match="has changed since"):
        uploads.confirm(one, checks=seen, leaves_out=0, now=timezone.now())

    one.refresh_from_db()
    assert (one.status, one.confirmed_by) == ("checked", "")


@pytest.mark.parametrize("status", sorted({*SpendImport.Status.values} - {"checked"}))
def test_nothing_but_what_was_checked_can_be_confirmed(status: str) -> None:
    one = one_checked()
    SpendImport.objects.update(status=status)

    with pytest.raises(uploads.OutOfTurn):
        uploads.confirm(one, checks=one.checks, leaves_out=0, now=timezone.now())

    assert SpendImport.objects.get().status == status


def test_cancelling_drops_the_file_and_says_who_did_it() -> None:
    one = one_checked()

    with acting_as("clara"):
        uploads.cancel(one, now=timezone.now())

    assert (one.status, one.error) == ("cancelled", "Cancelled by clara.")
    assert not has_file(one)
    with pytest.raises(uploads.OutOfTurn, match="no longer stored"):
        uploads.read_anew(one, Plan(), remember=False)


@pytest.mark.parametrize("status", ["recording", "recorded"])
def test_what_is_being_recorded_can_no_longer_be_cancelled(status: str) -> None:
    one = one_checked()
    SpendImport.objects.update(status=status)

    with pytest.raises(uploads.OutOfTurn):
        uploads.cancel(one, now=timezone.now())

    assert SpendImport.objects.get().status == status
    assert has_file(one)


@pytest.mark.parametrize("status", ["uploaded", "checking", "confirmed", "recording"])
def test_what_is_on_its_way_is_not_read_in_another_way(status: str) -> None:
    one = one_checked()
    SpendImport.objects.update(status=status)

    with pytest.raises(uploads.OutOfTurn):
        uploads.read_anew(one, Plan(source="other"), remember=False)

    one.refresh_from_db()
    assert (one.status, one.plan["source"]) == (status, None)


def test_read_in_another_way_it_is_checked_and_recorded_like_that() -> None:
    campaign = CampaignFactory.create()
    one = upload(rows(campaign, "1.2345678"))
    uploads.check(one.pk, timezone.now())

    uploads.read_anew(one, Plan(round_amounts=True, source="bank"), remember=False)
    finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["1.234568"]
    assert outcome(one)["rounded"] == 1


def test_without_another_instant_the_figures_are_as_of_the_upload() -> None:
    one = one_checked()

    uploads.read_anew(one, Plan(), remember=False)

    assert Plan.from_json(one.plan).observed_at == one.created_at


def test_a_way_of_reading_that_cannot_be_is_refused_at_once_and_nothing_changes() -> None:
    one = one_checked()

    with pytest.raises(ValueError, match="klingon"):
        uploads.read_anew(one, Plan(encoding="klingon"), remember=False)

    one.refresh_from_db()
    assert (one.status, one.plan["encoding"]) == ("checked", None)


def test_a_recorded_file_keeps_its_outcome_whatever_is_asked_of_it() -> None:
    one = recorded(rows(CampaignFactory.create(), 5))
    before = SpendImport.objects.values().get()

    with pytest.raises(uploads.OutOfTurn):
        uploads.cancel(one, now=timezone.now())
    with pytest.raises(uploads.OutOfTurn):
        uploads.confirm(one, checks=one.checks, leaves_out=0, now=timezone.now())
    with pytest.raises(uploads.OutOfTurn):
        uploads.read_anew(one, Plan(), remember=False)

    assert SpendImport.objects.values().get() == before
    assert spent() == [5]
