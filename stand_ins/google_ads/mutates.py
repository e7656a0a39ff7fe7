"""Changing campaigns and budgets, with what Google checks before it does."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ads.rules.currencies import MINOR_UNITS
from stand_ins.google_ads.failures import Refusal
from stand_ins.google_ads.rows import Customer, budget_of
from stand_ins.world import Account, Campaign, World

MOST_OPERATIONS = 10_000
_MILLION = 1_000_000
#: Currencies of which it takes whole amounts only, where ISO 4217 has hundredths.
_WHOLE = {"IDR"}
#: Fields that an update may name and not change: read-only, or fixed since the creation.
_FIXED = {
    "id", "resource_name", "serving_status", "primary_status", "primary_status_reasons", "labels",
    "advertising_channel_type", "base_campaign", "experiment_type", "period", "reference_count",
    "type_", "has_recommended_budget",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What is changed: how its resource names end, how one is found, checked and changed."""

    folder: str
    find: Callable[[World, str, str], Campaign | None]
    check: Callable[[World, Account, Campaign, Any], None]
    change: Callable[[World, Campaign, Any], None]


def mutate(
    world: World,
    customer: Customer,
    kind: Kind,
    operations: Sequence[Any],
    *,
    refused: dict[str, str],
    changes: bool,
    is_partial: bool,
) -> tuple[list[str], list[Refusal]]:
    """Do the operations: the resource names of those that were done, "" for others, and why not.

    ``refused``: the IDs that a fault refuses, each with its code. Without ``changes`` all is
    checked and nothing done; without ``is_partial`` nothing is done if one is refused.

    Raises:
        Refusal: the request as a whole is wrong.
    """
    if not operations:
        raise Refusal("request_error.OPERATION_REQUIRED", "An operation is required.")
    if len(operations) > MOST_OPERATIONS:
        raise Refusal("request_error.TOO_MANY_MUTATE_OPERATIONS", "Too many operations.")
    if customer.account is None:
        raise Refusal(
            "request_error.CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT", "A manager has no campaigns."
        )
    if customer.account.state:
        raise Refusal(
            "authorization_error.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT",
            "The Google Ads account is suspended.",
        )
    if not world.settings.can_write:
        raise Refusal(
            "authorization_error.ACTION_NOT_PERMITTED",
            "The user does not have permission to perform this action on the resource.",
        )
    names: list[str] = []
    refusals: list[Refusal] = []
    todo: list[tuple[Campaign, Any]] = []
    for number, operation in enumerate(operations):
        try:
            campaign = _target(world, customer.account, kind, operation, seen=names)
            if code := refused.get(campaign.id):
                raise Refusal(code, "The operation is refused.")  # noqa: TRY301 - one way out
        except Refusal as refusal:
            refusal.operation = number
            refusals.append(refusal)
            names.append("")
        else:
            names.append(operation.update.resource_name)
            todo.append((campaign, operation.update))
    if changes and (is_partial or not refusals):
        for campaign, wanted in todo:
            kind.change(world, campaign, wanted)
    return names, refusals


def _target(
    world: World, account: Account, kind: Kind, operation: Any, *, seen: list[str]
) -> Campaign:
    """The campaign that an operation may change."""
    if operation.WhichOneof("operation") != "update":
        raise Refusal("mutate_error.MUTATE_NOT_ALLOWED", "The stand-in only updates.")
    name = operation.update.resource_name
    if not name:
        raise Refusal("request_error.RESOURCE_NAME_MISSING", "A name is missing.", field="update")
    if (parts := re.fullmatch(rf"customers/([0-9]+)/{kind.folder}/([0-9]+)", name)) is None:
        raise Refusal("request_error.RESOURCE_NAME_MALFORMED", f"'{name}' is malformed.")
    if name in seen:
        raise Refusal("mutate_error.ID_EXISTS_IN_MULTIPLE_MUTATES", "Twice in one request.")
    campaign = kind.find(world, account.id, parts[2]) if parts[1] == account.id else None
    if campaign is None:
        raise Refusal("mutate_error.RESOURCE_NOT_FOUND", "Resource was not found.")
    _check_mask(operation)
    if campaign.is_removed:
        raise Refusal(
            "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE",
            "The operation is not allowed for removed resources.",
        )
    kind.check(world, account, campaign, operation.update)
    return campaign


def _check_mask(operation: Any) -> None:
    paths = list(operation.update_mask.paths)
    if not paths:
        raise Refusal("field_mask_error.FIELD_MASK_MISSING", "A mask is required for updates.")
    for path in paths:
        message = operation.update.DESCRIPTOR
        field = None
        for part in path.split("."):
            field = message.fields_by_name.get(part) if message else None
            if field is None:
                raise Refusal("field_mask_error.FIELD_NOT_FOUND", f"There is no field '{path}'.")
            message = field.message_type
        if message is not None:
            raise Refusal("field_mask_error.FIELD_HAS_SUBFIELDS", f"'{path}' has subfields.")
        if path in _FIXED:
            raise Refusal("field_error.IMMUTABLE_FIELD", f"'{path}' cannot be changed.")


def _campaign(world: World, customer: str, number: str) -> Campaign | None:
    campaign = world.campaigns.get(number)
    return campaign if campaign and campaign.account == customer else None


def _check_status(_world: World, _account: Account, _campaign: Campaign, wanted: Any) -> None:
    status = wanted.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number.get(
        wanted.status
    )
    if status is None or status.name in {"UNSPECIFIED", "UNKNOWN"}:
        raise Refusal("request_error.INVALID_ENUM_VALUE", "The status is invalid.", field="status")
    if status.name == "REMOVED":
        raise Refusal("field_error.INVALID_VALUE", "REMOVED is set by removing.", field="status")


def _switch(world: World, campaign: Campaign, wanted: Any) -> None:
    world.switch(campaign, wanted.status == 2)  # noqa: PLR2004 - CampaignStatus.ENABLED


def _budget(world: World, customer: str, number: str) -> Campaign | None:
    """A campaign that has the budget: its own has its number."""
    for campaign in world.campaigns_of(customer):
        if number == (campaign.shared_budget or campaign.id):
            return campaign
    return None


def _check_amount(world: World, account: Account, campaign: Campaign, wanted: Any) -> None:
    micros = wanted.amount_micros
    places = 0 if account.currency in _WHOLE else MINOR_UNITS.get(account.currency, 2)
    unit = _MILLION // 10**places
    if budget_of(world, campaign) is None:
        code, text = "BUDGET_AMOUNT_MUST_BE_UNSET_FOR_CUSTOM_BUDGET_PERIOD", "It has no daily one."
    elif micros < 0:
        code, text = "NEGATIVE_MONEY_AMOUNT", "The amount is negative."
    elif micros < unit:
        code, text = "BUDGET_BELOW_PER_DAY_MINIMUM", "The amount is below the minimum."
    elif micros % unit:
        code, text = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT", "No multiple of the smallest unit."
    else:
        return
    raise Refusal(f"campaign_budget_error.{code}", text, field="amount_micros")


def _set_amount(world: World, campaign: Campaign, wanted: Any) -> None:
    amount = Decimal(wanted.amount_micros) / _MILLION
    if campaign.shared_budget:
        world.shared_budgets[campaign.shared_budget] = amount
    else:
        campaign.daily_budget = amount
        world.settle(campaign)


CAMPAIGNS = Kind("campaigns", _campaign, _check_status, _switch)
BUDGETS = Kind("campaignBudgets", _budget, _check_amount, _set_amount)
