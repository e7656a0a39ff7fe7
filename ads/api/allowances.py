"""Letting campaigns and brands run on beyond their budgets, and taking that back."""

from typing import Annotated, Literal

from ninja import Field, Path, Query, Router, Schema
from pydantic import BeforeValidator, WithJsonSchema

from ads.api.frame import (
    ApiKey,
    ApiRequest,
    Id,
    Kind,
    Number,
    Problem,
    check_known,
    documented,
    parameters,
    refuse,
)
from ads.api.reading import (
    AllowanceAnswer,
    Budget,
    Currency,
    Money,
    Named,
    the_allowance,
    the_brand,
    the_campaign,
)
from ads.models import Allowance, Brand, Campaign
from ads.models.access import Scope
from ads.rules.allowances import LONGEST_REASON, InvalidAllowance, Terms
from ads.services.bulk import RunOnPreview, preview_run_on, preview_take_back, standing_limit
from ads.services.delivery import AllowanceConflict, AllowanceOver, Reason, allowances
from ads.services.senders import visibility

router = Router(tags=["allowances"], auth=ApiKey(Scope.CAMPAIGNS_ACT))

_RESPONSES = {"responses": documented(Kind.NOT_FOUND, Kind.CONFLICT, Kind.INVALID)}

IdempotencyKey = Annotated[
    str | None,
    parameters.idempotency_key(
        "Needed unless it is a preview: a request that is sent again with the same key allows once."
    ),
]


def _as_written(value: object) -> object:
    """The text of a number, which never was a float."""
    is_number = isinstance(value, int | Number) and not isinstance(value, bool)
    return str(value) if is_number else value


class LetRunOn(Schema):
    """How much beyond which budget, until when, and why."""

    model_config = {"extra": "forbid"}

    reason: Annotated[
        str,
        Field(description=f"Why; up to {LONGEST_REASON} characters.", examples=["Launch day"]),
        WithJsonSchema(
            {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST_REASON,
                "pattern": r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$",
            }
        ),
    ]
    period: Annotated[
        Literal["day", "month"], Field(description="Beyond the daily or the monthly budget.")
    ] = "day"
    amount: Annotated[
        str | None,
        BeforeValidator(_as_written),
        Field(
            description="In the brand's currency, beyond the budget. Left out: as much as has been "
            "spent so far, so the budget starts anew.",
            examples=["20.00"],
        ),
        # Validated by the rule, whose errors say more.
        WithJsonSchema(
            {
                "anyOf": [
                    {
                        "type": "string",
                        "pattern": r"^(?:[0-9]{1,12}(?:\.[0-9]{1,6})?)$",
                    },
                    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10**12},
                    {"type": "null"},
                ]
            }
        ),
    ] = None
    until: Annotated[
        str | None,
        Field(
            description='An instant with its offset, a local time of the brand ("18:00", '
            '"2026-11-28 18:00"), "midnight" or "end of month". Left out: the end of the day, or '
            "of the month.",
            examples=["18:00"],
        ),
    ] = None
    preview: Annotated[bool, Field(description="Answer what would happen, and change nothing.")] = (
        False
    )


class RunOnAnswer(Schema):
    """What was done, or would be."""

    previewed: Annotated[bool, Field(description="true: nothing was changed.")]
    allowance: Annotated[
        AllowanceAnswer | None,
        Field(description="null in a preview, and where nothing was spent that counts."),
    ]
    currency: Currency
    spent: Annotated[Money | None, Field(description="Of the day or month; null without a budget.")]
    limit_before: Budget
    limit: Annotated[Budget, Field(description="The budget and all that is allowed beyond it.")]
    starts: Annotated[int, Field(description="How many campaigns start.")]
    stops: int
    first: Annotated[list[Named], Field(description="The first of those that start or stop.")]
    stay_off: Annotated[
        dict[Reason, int],
        Field(
            description="How many stay off, by what still holds them: a hold, a status, or "
            "`restored` where nobody has resumed after a restore."
        ),
    ]

    @classmethod
    def of(
        cls,
        done: RunOnPreview,
        allowance: AllowanceAnswer | None,
        brand: Brand,
        *,
        previewed: bool,
    ) -> "RunOnAnswer":
        outcome, limit = done.outcome, done.limit
        return cls(
            previewed=previewed,
            allowance=allowance,
            currency=brand.currency,
            spent=limit.spent if limit else None,
            limit_before=limit.before if limit else None,
            limit=limit.after if limit else None,
            starts=outcome.starts.count,
            stops=outcome.stops.count,
            first=[
                Named(id=one.pk, name=one.name)
                for one in (*outcome.starts.first, *outcome.stops.first)
            ],
            stay_off=dict(outcome.kept_off_by),
        )


@router.post(
    "/campaigns/{campaign_id}/let-run-on",
    response=RunOnAnswer,
    summary="Let a campaign run on",
    openapi_extra=_RESPONSES,
)
def let_campaign_run_on(
    request: ApiRequest,
    campaign_id: Path[Id],
    body: LetRunOn,
    idempotency_key: IdempotencyKey = None,
) -> RunOnAnswer:
    """Let a campaign spend more than its budget today or this month.

    Only that limit is raised: the campaign's other budget and those of its brand still apply, and
    `stay_off` names what still holds it.
    """
    check_known(request, ())
    with the_campaign(request, campaign_id) as campaign:
        return _let_run_on(request, campaign, body, idempotency_key)


@router.post(
    "/brands/{brand_id}/let-run-on",
    response=RunOnAnswer,
    summary="Let a brand run on",
    openapi_extra=_RESPONSES,
)
def let_brand_run_on(
    request: ApiRequest,
    brand_id: Path[Id],
    body: LetRunOn,
    idempotency_key: IdempotencyKey = None,
) -> RunOnAnswer:
    """Let the campaigns of a brand together spend more than its budget today or this month.

    The campaigns' own budgets still apply.
    """
    check_known(request, ())
    with the_brand(request, brand_id) as brand:
        return _let_run_on(request, brand, body, idempotency_key)


@router.post(
    "/allowances/{allowance_id}/undo",
    response=RunOnAnswer,
    summary="Undo an allowance",
    openapi_extra=_RESPONSES,
)
def undo_allowance(
    request: ApiRequest,
    allowance_id: Path[Id],
    preview: Annotated[bool, Query(description="Answer what would happen.")] = False,
) -> RunOnAnswer:
    """Take an allowance back. Campaigns that have spent more than is left of the limit stop.

    One that has ended, or that somebody has undone, is refused (409).
    """
    check_known(request, {"preview"})
    with the_allowance(request, allowance_id) as allowance:
        try:
            done = preview_take_back(allowance, request.now)
            if not preview:
                allowances.undo(allowance, now=request.now)
        except AllowanceOver as error:
            by = visibility.actor(allowance.undone_by, request.auth.brand_ids)
            if by != allowance.undone_by:
                allowance.undone_by = f"a {by}"
            raise Problem(Kind.CONFLICT, allowances.over(allowance, request.now)) from error
        return RunOnAnswer.of(done, _answer(request, allowance), allowance.brand, previewed=preview)


def _let_run_on(
    request: ApiRequest, owner: Brand | Campaign, body: LetRunOn, external_id: str | None
) -> RunOnAnswer:
    if external_id is None and not body.preview:
        why = "without it, sending this again would allow more: send the header Idempotency-Key."
        raise refuse("Idempotency-Key", None, why)
    allowance = None
    try:
        terms = Terms.given(body.period, body.amount, body.until, body.reason)
        if external_id is not None and not body.preview:
            allowance = allowances.given_under(external_id, owner, terms)
        if allowance:  # the same request again: nothing changes
            done = standing_limit(owner, terms.period, request.now)
        else:
            done = preview_run_on(owner, terms, request.now)
            if not body.preview:
                allowance = allowances.allow(owner, terms, now=request.now, external_id=external_id)
    except InvalidAllowance as error:
        raise refuse(error.field, error.value, error.reason) from error
    except AllowanceConflict as error:
        raise Problem(Kind.CONFLICT, str(error)) from error
    answer = None if allowance is None else _answer(request, allowance)
    brand = owner if isinstance(owner, Brand) else owner.brand
    return RunOnAnswer.of(done, answer, brand, previewed=body.preview)


def _answer(request: ApiRequest, allowance: Allowance) -> AllowanceAnswer:
    return AllowanceAnswer.of(allowances.allowed(allowance), request.auth.brand_ids)
