"""The OpenAPI document of sending spend: rows, bodies and answers, exact to the character."""

import json
from typing import Any, Final

from ads.api.frame import JSON, MOST_ROWS, NDJSON, Kind, problems
from ads.api.spend.rows import CORRECTIONS, DAY_TOTALS, ENTRIES, LARGEST_ID, Shape

Schema = dict[str, Any]

_LIMIT: Final = 10**12
_DIGITS: Final = r"(?:0*[0-9]{1,12}(?:\.[0-9]{0,6}0*)?|\.[0-9]{1,6}0*)$"


def _amount(*, negative: bool) -> Schema:
    sign = "[+-]?" if negative else r"\+?"
    least = {"exclusiveMinimum": -_LIMIT} if negative else {"minimum": 0}
    return {
        "description": "Up to six decimal places, in the brand's currency; plain digits.",
        "anyOf": [
            {"type": "string", "pattern": f"^{sign}{_DIGITS}", "maxLength": 40},
            {"type": "number", **least, "exclusiveMaximum": _LIMIT},
        ],
        "examples": ["75.40"],
    }


def _text(longest: int, *, required: bool = True, description: str = "", **more: Any) -> Schema:
    """Text that the ledger holds: without NUL, and not of spaces alone if it is required."""
    # (?!…) rather than a class before \S: it is read the same by every dialect of patterns.
    pattern = (
        r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$" if required else r"^[^\u0000]*$"
    )
    about = {"description": description} if description else {}
    return {
        "type": "string",
        **({"minLength": 1} if required else {}),
        "maxLength": longest,
        "pattern": f"^{pattern}$",
        **about,
        **more,
    }


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def an_object(required: tuple[str, ...], properties: Schema, **more: Any) -> Schema:
    """An object of these properties alone, all of them known."""
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def _component(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_CAMPAIGN: Final[Schema] = {
    "description": "Whose spend it is.",
    "anyOf": [
        {
            "title": "by its id",
            "type": "integer",
            "minimum": 1,
            "maximum": LARGEST_ID,
            "examples": [3],
        },
        _component("CampaignByNames"),
        _component("CampaignOnPlatform"),
    ],
}
_DATE: Final[Schema] = {
    "type": "string",
    "format": "date",
    "description": "The accounting day, in the brand's timezone; at most its tomorrow.",
    "examples": ["2026-03-01"],
}
_INSTANT: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "examples": ["2026-03-01T09:30:00Z"],
}
_FIELDS: Final[Schema] = {
    "campaign": _CAMPAIGN,
    "amount": _amount(negative=False),
    "currency": _or_null(
        {
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "Of the amount, an ISO 4217 code; refused if the brand has another. "
            "Left out: the brand's.",
            "examples": ["USD"],
        }
    ),
    "date": _DATE,
    "observed_at": {**_INSTANT, "description": "When the source looked; not in the future."},
    "external_id": _or_null(
        _text(
            200,
            description="Your own ID of it, unique within the key's source. Required, unless the "
            "request has an Idempotency-Key.",
            examples=["click-1001"],
        )
    ),
    "occurred_at": _or_null(
        {
            **_INSTANT,
            "description": "When it happened; left out: now. It sets the day if date does not.",
        }
    ),
}


def _row(shape: Shape, **own: Schema) -> Schema:
    fields = {**_FIELDS, **own}
    return an_object(shape.required, {name: fields[name] for name in shape.fields})


def _many(shape: Shape) -> Schema:
    rows = {"type": "array", "items": _row_of(shape), "maxItems": MOST_ROWS}
    return an_object((shape.many,), {shape.many: rows})


def _row_of(shape: Shape) -> Schema:
    return _component(_NAMES[shape.many][0])


#: What the schemas of one row and of many are called, which generated clients go by.
_NAMES: Final = {
    ENTRIES.many: ("Entry", "Entries"),
    DAY_TOTALS.many: ("DayTotal", "DayTotals"),
    CORRECTIONS.many: ("Correction", "Corrections"),
}

#: Schemas that the document has once.
SCHEMAS: Final[dict[str, Schema]] = {
    "CampaignByNames": an_object(
        ("brand", "name"),
        {"brand": _text(200), "name": _text(200)},
        examples=[{"brand": "Acme", "name": "Spring Sale"}],
    ),
    "CampaignOnPlatform": an_object(
        ("platform", "id"),
        {
            "platform": _text(50, description="One word for each platform."),
            "account": _or_null(_text(100, required=False)),
            "id": {"anyOf": [_text(200), {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}]},
            "name": _or_null(_text(200, required=False, description="What the platform calls it.")),
        },
        description="If no campaign has this ID yet, the row waits until one does.",
        examples=[{"platform": "google_ads", "account": "123-456-7890", "id": "9876543210"}],
    ),
    "Entry": _row(ENTRIES, date=_or_null(_DATE), description=_or_null(_text(500, required=False))),
    "DayTotal": _row(DAY_TOTALS),
    "Correction": _row(
        CORRECTIONS,
        amount=_amount(negative=True),
        date={**_DATE, "description": "The accounting day that was wrong."},
        description=_text(500, description="Why."),
    ),
    **{_NAMES[shape.many][1]: _many(shape) for shape in (ENTRIES, DAY_TOTALS, CORRECTIONS)},
}

_EXAMPLES: Final[dict[str, list[Schema]]] = {
    ENTRIES.many: [
        {"campaign": 3, "amount": "75.40", "external_id": "click-1001"},
        {
            "campaign": 1,
            "amount": "0.004512",
            "date": "2026-03-01",
            "description": "Impressions",
            "external_id": "impressions-2026-03-01",
        },
        {
            "campaign": {
                "platform": "google_ads",
                "account": "123-456-7890",
                "id": "9876543210",
                "name": "Spring Sale",
            },
            "amount": "12.50",
            "occurred_at": "2026-03-01T09:30:00+01:00",
            "external_id": "click-1002",
        },
    ],
    DAY_TOTALS.many: [
        {
            "campaign": 3,
            "date": "2026-03-01",
            "amount": "310.25",
            "observed_at": "2026-03-01T18:00:00Z",
        }
    ],
    CORRECTIONS.many: [
        {
            "campaign": 3,
            "amount": "-20.00",
            "date": "2026-03-01",
            "description": "Invalid clicks, credited by the platform",
            "external_id": "credit-17",
        }
    ],
}
#: Not among the above, which work with the sample data as they are.
_BY_NAME: Final = {"brand": "Acme", "name": "Spring Sale"}


def of(shape: Shape) -> Schema:
    """``openapi_extra`` of the endpoint that takes such rows."""
    kinds = [Kind.NO_LENGTH, Kind.TOO_LARGE, Kind.MEDIA_TYPE, Kind.INVALID]
    if "conflict" in shape.outcomes:
        kinds.append(Kind.CONFLICT)
    if "overlap" in shape.outcomes:
        kinds.append(Kind.OVERLAP)
    answers = {"answers": _answers(shape)}
    responses = problems.documented(*kinds)
    for status in {Kind.CONFLICT.status, Kind.INVALID.status} & responses.keys():
        (content,) = responses[status]["content"].values()
        content["schema"] = {"allOf": [problems.REFERENCE], "properties": answers}
    responses[200] = {
        "description": "Recorded. With keep_good, the answers name the rows that were not.",
        "content": {JSON: {"schema": _recorded(shape)}},
    }
    return {"requestBody": _body(shape), "responses": responses}


def rows_of(shape: Shape) -> Schema:
    """Rows in JSON: many of them, or one."""
    return {"anyOf": [_component(name) for name in reversed(_NAMES[shape.many])]}


def _body(shape: Shape) -> Schema:
    examples = _EXAMPLES[shape.many]
    lines = "\n".join(json.dumps(example) for example in examples)
    return {
        "required": True,
        "description": f"At most {MOST_ROWS:,} rows and 10 MiB, in UTF-8.",
        "content": {
            JSON: {
                "schema": rows_of(shape),
                "examples": {
                    "many": {"summary": "Many", "value": {shape.many: examples}},
                    "one": {"summary": "One", "value": examples[0]},
                    "by_name": {
                        "summary": "Its campaign by brand and name",
                        "value": {**examples[0], "campaign": _BY_NAME},
                    },
                },
            },
            NDJSON: {
                # A file, which is what generated clients can send: of an array they make JSON.
                "schema": {
                    "description": "One row on each line.",
                    "type": "string",
                    "format": "binary",
                    "contentMediaType": NDJSON,
                    "contentSchema": {
                        "type": "array",
                        "items": _row_of(shape),
                        "minItems": 1,
                        "maxItems": MOST_ROWS,
                    },
                },
                "examples": {"lines": {"summary": "One row on each line", "value": lines}},
            },
        },
    }


_OVERLAP: Final = an_object(
    ("amount", "on_record", "currency"),
    {
        "amount": {"type": "string", "description": "What was sent."},
        "currency": {"type": "string", "description": "Of these amounts."},
        "on_record": {
            "type": "object",
            "description": "What counts for the campaign and day, by source.",
            "additionalProperties": {"type": "string"},
        },
    },
)


BATCH: Final[Schema] = {
    "type": ["integer", "null"],
    "minimum": 1,
    "description": "The batch that was recorded, which can be undone as a whole; null: nothing "
    "new was.",
}


def _answers(shape: Shape) -> Schema:
    return {
        "type": "array",
        "description": "The answer for each row, in the order sent.",
        "items": an_object(
            ("row", "outcome"),
            {
                "row": {"type": "integer", "minimum": 0},
                "line": {"type": "integer", "minimum": 1, "description": "Its line in NDJSON."},
                "outcome": {
                    "type": "string",
                    "enum": [*shape.outcomes, "not_recorded"],
                    "description": "not_recorded: good, but another row of the request is not.",
                },
                "entry_id": {"type": "integer", "description": "Its id in the ledger."},
                "difference": {
                    "type": "string",
                    "description": "By how much a day total moved the ledger.",
                },
                "taken_back": {
                    "type": "string",
                    "description": "By how much other sources' totals that it replaced moved the "
                    "ledger: below zero.",
                },
                "currency": {"type": "string", "description": "Of these amounts."},
                "overlap": _OVERLAP,
                "field": {"type": "string", "description": "Why not: which field."},
                "value": {"type": ["string", "null"], "description": "What was given."},
                "reason": {"type": "string", "description": "What is wrong, and what to do."},
            },
        ),
    }


def counts_of(shape: Shape) -> Schema:
    """How many rows had which outcome: the properties, all of them required."""
    return {count: {"type": "integer", "minimum": 0} for count in shape.outcomes.values()}


def _recorded(shape: Shape) -> Schema:
    counts = counts_of(shape)
    return an_object(
        ("batch", *counts, "answers"), {"batch": BATCH, **counts, "answers": _answers(shape)}
    )
