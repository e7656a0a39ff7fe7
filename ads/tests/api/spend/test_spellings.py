"""IDs in any spelling, sent as JSON."""

import json
from typing import Any

import pytest

from ads.models import Campaign
from ads.services import CampaignService
from ads.tests.api.support import Program
from ads.tests.services.imports.parsing.spellings import ID

pytestmark = pytest.mark.django_db


def test_the_api_takes_any_spelling_and_refuses_a_shortened_one(
    program: Program, campaign: Campaign
) -> None:
    CampaignService.add_reference(campaign, "meta_ads", ID)

    def row(reference: Any, external_id: str = "a") -> dict[str, Any]:
        named = {"platform": "meta_ads", "id": reference}
        return {"campaign": named, "amount": "5", "external_id": external_id}

    def answer(*given: Any) -> dict[str, Any]:
        found: dict[str, Any] = program.post("/spend/entries", {"entries": [row(*given)]}).json()
        return found

    assert answer(f"c:{ID}")["answers"][0]["outcome"] == "recorded"
    assert answer(int(ID))["answers"][0]["outcome"] == "duplicate"
    assert "lost its last digits" in str(answer("1.2021E+17", "b"))
    assert "lost its last digits" in str(answer(ID, "1.2021E+17"))
    for number in ("1.2021000000000123e+17", f"{ID}.0"):
        body = json.dumps({"entries": [row(0)]}).replace('"id": 0', f'"id": {number}')
        sent = program.post("/spend/entries", body=body.encode())
        assert "may have lost its last digits; send the whole id as text" in str(sent.json())
    assert answer("77.0", "c")["answers"][0]["outcome"] == "waiting"
    filtered = program.get("/campaigns?platform=meta_ads&reference=%27" + ID).json()
    assert [each["id"] for each in filtered["items"]] == [campaign.pk]
