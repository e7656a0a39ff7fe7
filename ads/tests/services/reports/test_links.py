"""Share links: what opens a report, for how long, and what is kept of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from ads.models import ReportLink
from ads.services.actor import acting_as
from ads.services.history import audit
from ads.services.reports import InvalidLink, links
from ads.tests.factories import BrandFactory
from ads.tests.support import NOON, refused

pytestmark = pytest.mark.django_db

MAY = date(2024, 5, 1)
DAY = timedelta(days=1)


def test_a_link_opens_until_it_expires_and_counts_how_often() -> None:
    with acting_as("olivia"):
        link, token = links.share(BrandFactory.create(name="Acme"), MAY, NOON)

    for count, later in enumerate((timedelta(0), 30 * DAY - timedelta(seconds=1)), start=1):
        found = links.opened(token, NOON + later)
        assert found is not None
        assert (found.pk, found.brand.name, found.month) == (link.pk, "Acme", MAY)
        assert (found.times_opened, found.last_opened_at) == (count, NOON + later)
    assert links.opened(token, NOON + 30 * DAY) is None
    link.refresh_from_db()
    assert (link.times_opened, link.created_by) == (2, "olivia")
    assert links.state(link, NOON) == "valid"
    assert links.state(link, NOON + 30 * DAY) == "expired"


def test_its_address_is_that_of_the_page() -> None:
    assert links.PATH.format("token") == reverse("shared_report", args=["token", "/"])


def test_a_revoked_link_opens_nothing_for_good() -> None:
    link, token = links.share(BrandFactory.create(), MAY, NOON)

    assert links.revoke(link, NOON)
    assert not links.revoke(link, NOON + DAY)

    link.refresh_from_db()
    assert links.opened(token, NOON) is None
    assert (link.revoked_at, link.times_opened) == (NOON, 0)
    assert links.state(link, NOON) == "revoked"


def test_a_token_is_256_bits_of_which_the_hash_alone_is_kept() -> None:
    brand = BrandFactory.create()
    (first, one), (_, two) = (links.share(brand, MAY, NOON) for _ in range(2))

    assert (len(one), len(two)) == (43, 43)
    assert one != two
    row = ReportLink.objects.filter(pk=first.pk).values().get()
    assert one not in str(row)
    for wrong in ("", one[:-1], one + "A", first.token_hash, "é", "x" * 10_000):
        assert links.opened(wrong, NOON) is None


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_link_lasts_a_day_to_a_year(days: int) -> None:
    with pytest.raises(InvalidLink, match=f"days: use 1 to 366 days; {days} is not possible."):
        links.share(BrandFactory.create(), MAY, NOON, days=days)
    assert not ReportLink.objects.exists()


def test_a_link_is_of_a_whole_month() -> None:
    with refused("report_link_month_is_a_month"):
        links.share(BrandFactory.create(), date(2024, 5, 2), NOON)


def test_the_audit_has_who_shared_and_revoked_but_not_who_opened() -> None:
    with acting_as("olivia"):
        link, token = links.share(BrandFactory.create(), MAY, NOON)
    links.opened(token, NOON)
    with acting_as("oscar"):
        links.revoke(link, NOON)

    events: Any = audit.event_model("ReportLinkEvent")._default_manager.order_by("pgh_id")
    assert [
        (event.pgh_label, event.pgh_context.metadata["actor"], event.revoked_at)
        for event in events.select_related("pgh_context")
    ] == [("insert", "olivia", None), ("update", "oscar", NOON)]
