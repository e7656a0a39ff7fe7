"""Writing what a file changes, in a fixed number of statements; the audit sees each row.

Nothing is announced: whoever writes enforces. The same statements write to the copies of a preview.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection

from ads.services.setup import stored
from ads.services.setup.columns import BRAND, CAMPAIGN
from ads.services.setup.plan import Plan, Target

_BRAND_COLUMNS: Final = {
    "name": "text",
    "is_active": "boolean",
    "timezone": "text",
    "currency": "text",
    "daily_budget": "numeric",
    "monthly_budget": "numeric",
    "stale_after_minutes": "integer",
    "stops_when_stale": "boolean",
    "stops_early": "boolean",
    "account_manager_id": "bigint",
}
_CAMPAIGN_COLUMNS: Final = {
    "name": "text",
    "status": "text",
    "daily_budget": "numeric",
    "monthly_budget": "numeric",
    "total_budget": "numeric",
    "start_date": "date",
    "end_date": "date",
    "is_dayparting_enabled": "boolean",
    "priority": "smallint",
}


def write(plan: Plan) -> None:
    """Write brands, campaigns and their schedules; new ones get their ids."""
    brands = plan.of(BRAND, new=True)
    ids = dict(_insert("ads_brand", _BRAND_COLUMNS, map(_values, brands), "name, id"))
    for one in brands:
        one.pk = ids[one.name]
    _update("ads_brand", _BRAND_COLUMNS, plan.of(BRAND, new=False))
    campaigns = plan.of(CAMPAIGN, new=True)
    columns = {"brand_id": "bigint", **_CAMPAIGN_COLUMNS}
    rows = ([_brand_id(one), *_values(one)] for one in campaigns)
    inserted = _insert("ads_campaign", columns, rows, "brand_id, name, id")
    by_name = {(brand, name): pk for brand, name, pk in inserted}
    existing = plan.of(CAMPAIGN, new=False)
    for one in campaigns:
        one.pk = by_name[_brand_id(one), one.name]
    _update("ads_campaign", _CAMPAIGN_COLUMNS, existing)
    _write_schedules([*campaigns, *existing])
    _write_groups([*campaigns, *existing])


def write_references(plan: Plan) -> list[int]:
    """Write the platform IDs of campaigns that have been written; the ids of the new rows."""
    campaigns = [one for one in plan.targets if one.columns is CAMPAIGN]
    columns = {"campaign_id": "bigint", "platform": "text", "account": "text", "reference": "text"}
    _delete("ads_campaignreference", columns, _links(campaigns, "platform_ids", "before", "after"))
    added = _links(campaigns, "platform_ids", "after", "before")
    return [pk for (pk,) in _insert("ads_campaignreference", columns, added, "id")]


def write_labels(plan: Plan) -> None:
    changing = [one for one in plan.targets if one.before["labels"] != one.after["labels"]]
    if not changing:
        return
    ids = dict(stored.every_label().values())
    for columns, owner in ((BRAND, "brand"), (CAMPAIGN, "campaign")):
        theirs = [one for one in changing if one.columns is columns]

        def pairs(have: str, others: str, rows: Sequence[Target] = theirs) -> Iterable[list[Any]]:
            return ([pk, ids[name]] for pk, name in _links(rows, "labels", have, others))

        types = {f"{owner}_id": "bigint", "label_id": "bigint"}
        _delete(f"ads_{owner}_labels", types, pairs("before", "after"))
        _insert(f"ads_{owner}_labels", types, pairs("after", "before"), "id")


def _write_schedules(campaigns: Sequence[Target]) -> None:
    columns = {"campaign_id": "bigint", "schedule_id": "bigint"}
    changing = [one for one in campaigns if one.before["schedules"] != one.after["schedules"]]
    if not changing:
        return
    ids = stored.schedules()

    def pairs(have: str, others: str) -> Iterable[list[Any]]:
        return ([pk, ids[name]] for pk, name in _links(changing, "schedules", have, others))

    _delete("ads_campaignschedule", columns, pairs("before", "after"))
    list(_insert("ads_campaignschedule", columns, pairs("after", "before"), "id"))


def _write_groups(campaigns: Sequence[Target]) -> None:
    changing = [one for one in campaigns if one.before["budget_group"] != one.after["budget_group"]]
    if not changing:
        return
    ids = stored.groups({_brand_id(one) for one in changing})
    rows = ([one.pk, ids.get((_brand_id(one), one.after["budget_group"]))] for one in changing)
    given, listed = _given({"id": "bigint", "budget_group_id": "bigint"}, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ads_campaign AS row SET budget_group_id = given.budget_group_id"  # noqa: S608
            f" FROM {given} WHERE row.id = given.id",
            listed,
        )


def _links(rows: Iterable[Target], column: str, have: str, others: str) -> Iterable[list[Any]]:
    """What rows have in one state and not in the other, with their ids."""
    for one in rows:
        there, elsewhere = getattr(one, have)[column], getattr(one, others)[column]
        for each in set(there).difference(elsewhere):
            yield [one.pk, *(each if isinstance(each, tuple) else (each,))]


def _values(one: Target) -> list[Any]:
    """In the order of the model's columns."""
    values = [one.after[name] for name, column in one.columns.items() if column.field]
    return [value.pk if isinstance(value, User) else value for value in values]


def _has_other_values(one: Target) -> bool:
    """Is more changed than what is in tables of its own?"""
    return any(
        one.before[name] != one.after[name] for name, column in one.columns.items() if column.field
    )


def _brand_id(one: Target) -> Any:
    return one.brand.pk if one.brand else None


def _given(columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> tuple[str, list[Any]]:
    """SQL for a relation \"given\" with these columns, and its parameters; [] for no rows."""
    listed = [list(values) for values in zip(*rows, strict=True)]
    arrays = ", ".join(f"%s::{type_}[]" for type_ in columns.values())
    return f"unnest({arrays}) AS given ({', '.join(columns)})", listed


def _insert(
    table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]], returning: str
) -> list[tuple[Any, ...]]:
    given, listed = _given(columns, rows)
    if not listed:
        return []
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {given} RETURNING {returning}",  # noqa: S608
            listed,
        )
        inserted: list[tuple[Any, ...]] = cursor.fetchall()
        return inserted


def _update(table: str, columns: dict[str, str], targets: Iterable[Target]) -> None:
    rows = ([one.pk, *_values(one)] for one in targets if _has_other_values(one))
    given, listed = _given({"id": "bigint", **columns}, rows)
    if listed:
        values = ", ".join(f"{name} = given.{name}" for name in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} AS row SET {values} FROM {given} WHERE row.id = given.id",  # noqa: S608
                listed,
            )


def _delete(table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    given, listed = _given(columns, rows)
    if listed:
        same = " AND ".join(f"row.{name} = given.{name}" for name in columns)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} AS row USING {given} WHERE {same}", listed)  # noqa: S608
