"""What the command asks: the figures, the options that answer, and nothing recorded."""

import re
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from ads.models import Campaign, Spend
from ads.tests.commands.import_spend.support import Write, run
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.questions.cases import NOW, Case, each_case
from ads.tests.services.imports.support import case, ledger
from ads.tests.support import delivers, enforce_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

HEAD = "campaign,date,amount"


def refusal(path: Path, *arguments: str) -> tuple[str, str]:
    """What it printed and why it failed; nothing was recorded."""
    before = list(Spend.objects.order_by("pk").values_list())
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_spend", str(path), *arguments, stdout=out)
    assert error.value.returncode == 1
    assert list(Spend.objects.order_by("pk").values_list()) == before
    return re.sub(" +", " ", out.getvalue()), str(error.value)


def test_an_overlap_is_refused_with_its_figures_until_the_option_is_given(
    write: Write, search: Campaign
) -> None:
    run(write(HEAD, "Search,2024-05-14,50"), "--source", "etl")
    mine = write(HEAD, "Search,2024-05-14,40")

    for dry_run in ((), ("--dry-run",)):
        out, why = refusal(mine, *dry_run)
        assert "Search Acme 2024-05-14 etl $50.00 $40.00" in out
        assert "--on-overlap replace: Replace: source import counts from now on: $40.00" in out
        assert "etl day totals 1 $50.00" in out
        assert "--on-overlap add, replace or skip" in why

    done = run(mine, "--on-overlap", "replace")
    assert done["Overlaps, taken back"] == "1 -$50.00"
    assert "Answer: Replace" in done["said"]
    assert ledger() == {("Search", "2024-05-14"): 40}


def test_a_finer_file_that_lowers_and_starts_needs_each_yes(write: Write, search: Campaign) -> None:
    enforce_all(search.updated_at)
    run(write(HEAD, "Search,2024-05-15,120"))
    finer = write(f"{HEAD},Keyword", "Search,2024-05-15,70,shoes")

    out, why = refusal(finer)

    assert "Search Acme 2024-05-15 $120.00 $70.00 -$50.00" in out
    assert why.endswith("add: --accept finer; --accept lowered; --accept starts.")
    _, why = refusal(finer, "--accept", "finer,lowered")
    assert why.endswith("add: --accept starts.")
    assert not delivers(search)
    assert run(finer, "--accept", "finer, lowered,starts")["Started"] == "1"
    assert delivers(search)


@pytest.mark.parametrize(("answer", "left"), [("zero", 60), ("keep", 115)])
def test_left_out_days_are_zero_or_kept_as_the_option_says(
    write: Write, search: Campaign, answer: str, left: int
) -> None:
    lines = [HEAD, "Search,2024-04-25,55", "Search,2024-04-26,60"]
    run(write(*lines))
    after = write(lines[0], lines[2])

    out, why = refusal(after)

    assert "Search Acme 2024-04-25 $55.00" in out
    assert "--left-out zero or keep" in why
    run(after, "--left-out", answer)
    assert sum(ledger().values()) == left


def test_a_yes_to_nothing_known_is_refused(write: Write) -> None:
    with pytest.raises(CommandError, match="'overlap': write finer, lowered or starts"):
        run(write(HEAD, "Search,2024-05-15,1"), "--accept", "finer,overlap")


def test_what_waits_and_what_does_not_add_up_is_said_with_the_amounts(tmp_path: Path) -> None:
    CampaignFactory.create(name="P7 Search brand")
    path = tmp_path / "report.csv"
    content = case("25-google-account-total-exceeds.csv").replace(b"2026-11", b"2024-04")
    path.write_bytes(content.replace(b"P7 Search brand", b"Nobody"))

    for arguments, waits in (((), "waits"), (("--dry-run",), "would wait")):
        said = run(path, "--format", "google_ads", *arguments)["said"]
        assert f"1 unmatched campaign: $100.00 {waits} to be matched" in said
        assert "(Total: Account) has a total of $163.20, but the rows add up to $100.00" in said


@each_case
def test_the_command_asks_as_is_right_of_each_reported_shape(
    tmp_path: Path, of: Case, noon: time_machine.Traveller
) -> None:
    noon.move_to(NOW)
    campaign = of.campaign_made()
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    for path, content in zip((before, after), of.contents, strict=True):
        path.write_bytes(content)
    run(before, "--format", of.format)
    assert sum(ledger().values()) == Decimal(of.first)
    was_active = delivers(campaign)

    if of.asks:
        out, why = refusal(after, "--format", of.format)
        options = {"left_out": "--left-out zero or keep"}
        for code in of.asks:
            assert options.get(code, f"--accept {code}") in why
        assert campaign.name in out
        assert delivers(campaign) is was_active
    accepted = [code for code, answer in of.answers.items() if answer == "accept"]
    arguments = ["--accept", ",".join(accepted)] if accepted else []
    if "left_out" in of.answers:
        arguments += ["--left-out", of.answers["left_out"]]
    run(after, "--format", of.format, *arguments)
    assert sum(ledger().values()) == Decimal(of.second)
