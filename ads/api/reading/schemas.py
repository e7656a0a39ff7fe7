"""Answers shared by several endpoints."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from ninja import Field, Schema
from pydantic import PlainSerializer

from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.models.campaigns import State, Status
from ads.rules.money import estimate, plain
from ads.services.freshness import sources_of
from ads.services.pacing import Basis, Pace, PaceState

Money = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str),
    Field(description="Exact text, in `currency`.", examples=["75.40"]),
]
Budget = Annotated[
    Decimal | None,
    PlainSerializer(
        lambda amount: None if amount is None else plain(amount), return_type=str | None
    ),
    Field(description="Exact text, in `currency`; null: no limit.", examples=["75.00"]),
]

Currency = Annotated[
    str,
    Field(description="The brand's currency, an ISO 4217 code; of all amounts.", examples=["USD"]),
]


Labels = Annotated[
    list[str], Field(description="Names of its labels, sorted.", examples=[["Black Friday"]])
]


class Named(Schema):
    """A row by its id and name."""

    id: Annotated[int, Field(examples=[7])]
    name: Annotated[str, Field(examples=["Aurora Coffee"])]


class PaceAnswer(Schema):
    """How the budget of the month is being spent, as last worked out."""

    state: Annotated[
        PaceState,
        Field(
            description="Spend against what is expected by now: within 10% it is `on_pace`. "
            "`not_running`: people have paused it, or its flight has ended."
        ),
    ]
    as_of: datetime
    budget: Budget
    spent: Money
    expected: Annotated[Budget, Field(description="By now; null: unknown.")]
    pace_percent: Annotated[
        Budget, Field(description="`spent` in percent of `expected`.", examples=["112.50"])
    ]
    projected: Annotated[
        Budget, Field(description="Spend by the end of the month; null: not enough data yet.")
    ]
    low: Annotated[
        Budget, Field(description="In four of five cases it is between `low` and `high`.")
    ]
    high: Budget
    runs_out_on: Annotated[
        date | None, Field(description="The day on which the budget runs out at this pace.")
    ]
    recommended_daily: Annotated[
        Budget, Field(description="The daily budget that would spend what is left.")
    ]
    basis: Annotated[
        list[Basis],
        Field(
            description="What the figures rest on beside even spend. Only events that are entered "
            "as seasonality adjustments are expected."
        ),
    ]

    @classmethod
    def of(cls, pace: Pace | None, currency: str) -> "PaceAnswer | None":
        if pace is None:
            return None
        figures = {
            name: getattr(pace, name)
            for name in cls.model_fields.keys() - set(_ESTIMATES) - {"basis", "pace_percent"}
        }
        for name in _ESTIMATES:
            amount = getattr(pace, name)
            figures[name] = None if amount is None else estimate(amount, currency)
        percent = pace.pace_percent
        figures["pace_percent"] = None if percent is None else round(percent, 2)
        return cls(**figures, basis=sorted(pace.basis))


_ESTIMATES = ("expected", "projected", "low", "high")

Paced = Annotated[
    PaceAnswer | None,
    Field(description="Of its monthly budget; null: not worked out yet."),
]


class BrandAnswer(Schema):
    """A client of the agency; its timezone decides its accounting day and month."""

    id: Annotated[int, Field(examples=[7])]
    name: Annotated[str, Field(examples=["Aurora Coffee"])]
    timezone: Annotated[str, Field(examples=["Europe/Berlin"])]
    currency: Currency
    daily_budget: Budget
    monthly_budget: Budget
    is_active: Annotated[bool, Field(description="false: none of its campaigns delivers.")]
    stale_after_minutes: Annotated[
        int | None,
        Field(
            description="How many minutes old spend on ad platforms may be; null: no limit.",
            examples=[180],
        ),
    ]
    stops_when_stale: Annotated[
        bool, Field(description="Its campaigns stop while their spend is older.")
    ]
    stops_early: Annotated[
        bool,
        Field(
            description="Its campaigns stop before a budget is used up, by as much as is still "
            "spent until the stop takes effect."
        ),
    ]
    account_manager: Annotated[
        str | None,
        Field(
            description="The user name of who looks after it. null: nobody, or the key is limited "
            "to brands, as names of people are not shown to those.",
            examples=["amelia"],
        ),
    ]
    labels: Labels
    last_daily_reset: Annotated[
        date | None, Field(description="The local date it was last rolled over to.")
    ]
    last_monthly_reset: date | None
    created_at: datetime
    updated_at: datetime
    pace: Paced

    @classmethod
    def of(
        cls, brand: Brand, brand_ids: Collection[int] | None, pace: Pace | None
    ) -> "BrandAnswer":
        """No query if its account manager and labels were fetched with it."""
        same = cls.model_fields.keys() - {"account_manager", "labels", "pace"}
        manager = brand.account_manager if brand_ids is None else None
        return cls(
            **{name: getattr(brand, name) for name in same},
            account_manager=manager.get_username() if manager else None,
            labels=_names(brand),
            pace=PaceAnswer.of(pace, brand.currency),
        )


class ReferenceAnswer(Schema):
    """A campaign's id on a platform."""

    platform: Annotated[str, Field(examples=["google_ads"])]
    account: Annotated[str, Field(examples=["123-456-7890"])]
    id: Annotated[str, Field(examples=["20544471234"])]


class HoldAnswer(Schema):
    """One reason why a campaign may not deliver."""

    code: Hold
    sentence: Annotated[str, Field(examples=["Daily budget used up: $75.40 of $75.00"])]


class CampaignAnswer(Schema):
    """A campaign's configuration, whether it delivers, and its holds."""

    id: Annotated[int, Field(examples=[42])]
    name: Annotated[str, Field(examples=["Spring"])]
    brand: Named
    status: Annotated[Status, Field(description="Set by people.")]
    is_active: Annotated[bool, Field(description="Whether it delivers; decided by the system.")]
    state: Annotated[State, Field(description="`status` and `is_active` combined.")]
    currency: Currency
    daily_budget: Budget
    monthly_budget: Budget
    total_budget: Annotated[
        Budget, Field(description="For all spend from `start_date` on; null: no limit.")
    ]
    budget_group: Annotated[
        Named | None, Field(description="The group of campaigns with which it shares a budget.")
    ]
    start_date: Annotated[
        date | None, Field(description="First day of the flight, in the brand's timezone.")
    ]
    end_date: Annotated[date | None, Field(description="Last day of the flight.")]
    is_dayparting_enabled: bool
    priority: Annotated[
        int,
        Field(
            description="If the brand stops early: near the brand's budgets, the lowest stops "
            "first."
        ),
    ]
    dayparting_schedules: list[Named]
    references: list[ReferenceAnswer]
    labels: Labels
    holds: Annotated[
        list[HoldAnswer] | None,
        Field(
            description="Its holds now; it delivers exactly when there are none. When a window "
            "opens or closes, `is_active` follows within a minute. null: the brand's timezone is "
            "invalid, so nothing is decided."
        ),
    ]
    spend_as_of: Annotated[
        datetime | None,
        Field(
            description="Up to when its spend on ad platforms is known: that of the account that "
            "reported the longest ago. null: no connected account reports it."
        ),
    ]
    created_at: datetime
    updated_at: datetime
    pace: Paced

    @classmethod
    def of(
        cls, campaign: Campaign, holds: list[tuple[Hold, str]] | None, pace: Pace | None
    ) -> "CampaignAnswer":
        """No query if its brand, schedules and references were fetched with it."""
        same = cls.model_fields.keys() - {
            "brand", "state", "currency", "dayparting_schedules", "references", "holds",
            "spend_as_of", "labels", "pace", "budget_group",
        }  # fmt: skip
        return cls(
            **{name: getattr(campaign, name) for name in same},
            brand=Named(id=campaign.brand.pk, name=campaign.brand.name),
            state=campaign.state_code,
            currency=campaign.brand.currency,
            budget_group=Named(id=campaign.budget_group.pk, name=campaign.budget_group.name)
            if campaign.budget_group
            else None,
            dayparting_schedules=[
                Named(id=schedule.pk, name=schedule.name)
                for schedule in campaign.dayparting_schedules.all()
            ],
            references=[
                ReferenceAnswer(platform=known.platform, account=known.account, id=known.reference)
                for known in campaign.references.all()
            ],
            labels=_names(campaign),
            spend_as_of=next((each.heard_at for each in sources_of(campaign)), None),
            pace=PaceAnswer.of(pace, campaign.brand.currency),
            holds=None
            if holds is None
            else [HoldAnswer(code=code, sentence=sentence) for code, sentence in holds],
        )


def _names(labeled: Brand | Campaign) -> list[str]:
    return sorted(label.name for label in labeled.labels.all())


NextCursor = Annotated[
    str | None,
    Field(description="Send it as `cursor` for the next page; null on the last page."),
]
