"""A file is kept as it comes, in parts, and read from them as if it were one."""

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from ads.models import Spend, SpendImport, SpendImportPart
from ads.models.spend import ImportPart
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import parts
from ads.services.imports.uploads.steps import LONGEST_NAME, tidy
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads.support import (
    TODAY,
    checked,
    finish,
    outcome,
    preview,
    recorded,
    rows,
    spent,
    upload,
)

pytestmark = pytest.mark.django_db


def various(size: int) -> bytes:
    """Bytes, no part of which is like the one before."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def reopened(one: SpendImport) -> io.BufferedReader:
    return io.BufferedReader(parts.PartsFile(one.pk, ImportPart.FILE), 1 << 16)


@pytest.mark.parametrize("size", [1, parts.PART - 1, parts.PART, parts.PART + 1, 3 * parts.PART])
def test_the_bytes_come_out_as_they_went_in(size: int) -> None:
    content = various(size)
    header = b"campaign,date,amount\n"

    one = upload(header + content)

    assert reopened(one).read() == header + content
    assert one.size == len(header) + size
    assert one.sha256 == hashlib.sha256(header + content).hexdigest()
    lengths = [len(part.content) for part in SpendImportPart.objects.filter(spend_import=one)]
    assert lengths[:-1] == [parts.PART] * (len(lengths) - 1)
    assert 0 < lengths[-1] <= parts.PART


def test_a_stored_file_is_read_from_any_place() -> None:
    content = b"campaign,date,amount\n" + various(parts.PART + 9)
    file = reopened(upload(content))

    assert file.seek(-5, io.SEEK_END) == len(content) - 5
    assert file.read() == content[-5:]
    assert file.seek(3) == 3
    assert file.seek(parts.PART, io.SEEK_CUR) == parts.PART + 3
    assert file.read(7) == content[parts.PART + 3 :][:7]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 64 KB, so that few rows fill one."""
    monkeypatch.setattr(parts, "PART", 1 << 16)


def ending_at_a_break(row: bytes, at: int) -> bytes:
    """A file whose last row is ``row``, byte ``at`` of which is the first of the second part.

    Rows of zero come before it, and blank lines, which are nothing.
    """
    header, zero = b"campaign,date,amount\n", f"Café,{TODAY},0\n".encode()
    count, blank = divmod(parts.PART - len(header) - at, len(zero))
    return header + zero * count + b"\n" * blank + row


@pytest.mark.usefixtures("small_parts")
def test_a_character_that_is_split_between_two_parts_is_read_as_one() -> None:
    campaign = CampaignFactory.create(name="Café")
    row = f"Café,{TODAY},12.5\n".encode()
    content = ending_at_a_break(row, at=row.index(b"\xa9"))
    assert content[parts.PART - 1 : parts.PART + 1] == "é".encode()

    one = recorded(content)

    assert spent() == [Decimal("12.5")]
    assert Spend.objects.get().campaign == campaign
    assert outcome(one)["problem_count"] == 0


@pytest.mark.usefixtures("small_parts")
def test_the_end_of_a_line_that_is_split_between_two_parts_is_one_end() -> None:
    CampaignFactory.create(name="Café")
    row = f"Café,{TODAY},12.5\r\nCafé,{TODAY},x\r\n".encode()
    content = ending_at_a_break(row, at=row.index(b"\n"))
    assert content[parts.PART - 1 : parts.PART + 1] == b"\r\n"

    one = checked(content)

    # The bad row stands in the line where an editor shows it.
    assert [problem["first_line"] for problem in preview(one)["problems"]] == [content.count(b"\n")]


def test_a_large_file_takes_no_more_memory_than_a_part_or_two() -> None:
    chunk = b"x" * 65536
    one = upload(rows(CampaignFactory.create(), 1))
    tracemalloc.start()
    try:
        file = parts.PartsWriter(one.pk, ImportPart.REFUSED)
        for _ in range(16 * 12):
            file.write(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * parts.PART


@override_settings(DEBUG=True)
def test_in_development_django_does_not_remember_the_file_as_text_of_a_statement() -> None:
    with CaptureQueriesContext(connection) as captured:
        upload(b"campaign,date,amount\n" + b"x" * 3 * parts.PART)

    assert max(len(query["sql"]) for query in captured) < 10_000


def test_an_empty_file_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(uploads.UploadRefused, match="The file is empty"):
        upload(b"")

    assert not SpendImport.objects.exists()
    assert not SpendImportPart.objects.exists()


def test_a_file_that_is_too_large_is_refused_as_soon_as_it_is_and_nothing_is_kept() -> None:
    read = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 65536

    with pytest.raises(
        uploads.UploadRefused, match=r"larger than 2.0\xa0MB.*manage.py import_spend"
    ):
        uploads.receive(endless(), name="x.csv", plan=Plan(), limit=2 << 20, now=timezone.now())

    assert len(read) == 33
    assert not SpendImport.objects.exists()
    assert not SpendImportPart.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("spend.csv", "spend.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\spend (1).csv", "spend (1).csv"),
        ("a\x00b\nc\u202e.csv", "abc.csv"),
        ("Ausgaben Größe 支出 🎯.csv", "Ausgaben Größe 支出 🎯.csv"),
        ("\udcff.csv", ".csv"),
        ("=HYPERLINK(1).csv", "=HYPERLINK(1).csv"),
        ("", "unnamed"),
        ("folder/", "unnamed"),
    ],
)
def test_names_are_kept_without_folders_and_without_what_cannot_be_shown(
    name: str, kept: str
) -> None:
    assert tidy(name) == kept
    content = rows(CampaignFactory.create(), 1)
    assert SpendImport.objects.get(pk=upload(content, name=name).pk).file_name == kept


def test_a_long_name_keeps_its_ending() -> None:
    kept = tidy("x" * 300 + ".csv")

    assert len(kept) == LONGEST_NAME
    assert kept.endswith("x….csv")


def test_the_same_bytes_under_another_name_are_pointed_out_but_not_refused() -> None:
    campaign = CampaignFactory.create()
    first = recorded(rows(campaign, "7.5"))
    other = upload(rows(campaign, "8"))

    again = checked(rows(campaign, "7.5"), name="spend (1).csv")

    assert list(uploads.earlier(again)) == [first]
    assert not uploads.earlier(other).exists()


def test_a_file_counts_as_observed_when_it_was_uploaded_whichever_is_recorded_first() -> None:
    campaign = CampaignFactory.create()
    now = timezone.now()
    older = upload(rows(campaign, "5"), now=now - timedelta(hours=1))

    recorded(rows(campaign, "7.5"), now=now)
    finish(older)

    assert spent() == [Decimal("7.5")]
    assert outcome(older)["older"] == 1
