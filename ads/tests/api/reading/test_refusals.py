"""Reading over the API: what a key may see, and parameters that are refused."""

import pytest

from ads.models import Brand, Campaign, CampaignReference
from ads.tests.api.reading.support import ids
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory

pytestmark = pytest.mark.django_db


BAD = [
    ("limit=0", "limit", "0"),
    ("limit=1001", "limit", "1001"),
    ("limit=1_0", "limit", "1_0"),
    ("limit=1e2", "limit", "1e2"),
    ("limit=1.0", "limit", "1.0"),
    ("limit=%EF%BC%91", "limit", "\uff11"),
    ("limit=" + "9" * 5000, "limit", "9" * 80),
    ("limit=", "limit", ""),
    ("cursor=5", "cursor", "5"),
    ("cursor=r" + "9" * 19, "cursor", "r" + "9" * 19),
    ("cursor=r1%00", "cursor", "r1\x00"),
    ("limit=1&limit=2", "limit", "1, 2"),
    ("sort=name", "sort", "name"),
]


BAD_FOR_CAMPAIGNS = [
    ("brand=0", "brand", "0"),
    ("brand=9223372036854775808", "brand", "9223372036854775808"),
    ("brand=-1", "brand", "-1"),
    ("brand=x", "brand", "x"),
    ("state=Active", "state", "Active"),
    ("hold=budget", "hold", "budget"),
    ("name=a%00b", "name", "a\x00b"),
    ("name=", "name", ""),
    ("name=" + "x" * 201, "name", "x" * 80),
    ("reference=%00", "reference", "\x00"),
]


def test_a_key_of_one_brand_sees_that_brand_alone(limited: Program, foreign: Campaign) -> None:
    mine = Brand.objects.get(name="Mine")
    CampaignReference.objects.create(campaign=foreign, platform="google_ads", reference="1")

    assert ids(limited.get("/brands")) == [mine.pk]
    assert ids(limited.get("/campaigns")) == [mine.campaigns.get().pk]
    for asked in (
        f"brand={foreign.brand_id}",
        f"name={foreign.name}",
        "hold=daily_budget",
        "reference=1",
    ):
        assert ids(limited.get(f"/campaigns?{asked}")) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/brands/{brand}"),
        ("get", "/brands/{brand}/summary"),
        ("get", "/campaigns/{campaign}"),
        ("get", "/campaigns/{campaign}/delivery"),
        ("get", "/campaigns/{campaign}/summary"),
        ("post", "/campaigns/{campaign}/activate"),
        ("post", "/campaigns/{campaign}/pause"),
    ],
)
def test_what_is_foreign_answers_as_what_does_not_exist(
    limited: Program, foreign: Campaign, method: str, path: str
) -> None:
    status = foreign.status
    what = "brand" if path.startswith("/brands") else "campaign"

    def ask(brand: int, campaign: int) -> tuple[dict[str, str], dict[str, str]]:
        """The members and headers of the answer, but for the id that was asked for."""
        address = path.format(brand=brand, campaign=campaign)
        answer = getattr(limited, method)(address, headers={"X-Request-ID": "same"})
        content = problem(answer, 404, "not-found")
        asked = brand if what == "brand" else campaign
        assert content.pop("detail") == f"There is no {what} {asked}."
        assert content.pop("instance") == f"/api/v1{address}"
        headers = dict(answer.headers)
        for told_anyway in ("Content-Length", "RateLimit"):
            headers.pop(told_anyway)
        return content, headers

    nobody_s = 123456789
    assert ask(foreign.brand_id, foreign.pk) == ask(nobody_s, nobody_s)
    foreign.refresh_from_db()
    assert foreign.status == status


def test_a_key_whose_only_brand_was_deleted_sees_nothing(foreign: Campaign) -> None:
    brand = BrandFactory.create()
    program = Program(key_for(brands=(brand,)))
    brand.delete()

    assert ids(program.get("/brands")) == ids(program.get("/campaigns")) == []


@pytest.mark.parametrize(
    "path", ["/brands", "/campaigns", "/campaigns/1/delivery", "/brands/1/summary"]
)
def test_reading_needs_its_scope(path: str) -> None:
    program = Program(key_for(scopes=("spend:write", "campaigns:act")))

    assert "read" in problem(program.get(path), 403, "missing-scope")["detail"]


@pytest.mark.parametrize(
    ("path", "query", "field", "value"),
    [
        *(("/brands", *bad) for bad in BAD),
        *(("/campaigns", *bad) for bad in BAD + BAD_FOR_CAMPAIGNS),
    ],
)
def test_a_bad_parameter_is_refused_by_name_with_its_value_and_the_remedy(
    program: Program, path: str, query: str, field: str, value: str
) -> None:
    told = problem(program.get(f"{path}?{query}"), 422, "invalid")

    (error,) = told["errors"]
    assert (error["field"], error["value"]) == (field, value)
    assert error["reason"][0].islower()  # pydantic's, which name no remedy, are capitalised
    assert told["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "9223372036854775808", "9" * 4999])
@pytest.mark.parametrize(
    "path", ["/brands/{}", "/campaigns/{}", "/campaigns/{}/delivery", "/brands/{}/summary"]
)
def test_an_id_that_can_be_nobody_s_is_refused(program: Program, path: str, text: str) -> None:
    (error,) = problem(program.get(path.format(text)), 422, "invalid")["errors"]

    assert error["field"] in ("brand_id", "campaign_id")
    assert error["value"] == text[:80]


def test_bytes_that_are_no_text_are_refused_or_found_nowhere(program: Program) -> None:
    assert ids(program.get("/campaigns?name=%FF%FE")) == []
    assert program.get("/campaigns/%00").status_code == 422
