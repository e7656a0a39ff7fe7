"""What the OpenAPI document says of sending spend: bodies and answers, exact to the character."""

import json
from typing import Any, Final

from ads.api import problems
from ads.api.bodies import JSON, MOST_ROWS, NDJSON
from ads.api.problems import Kind
from ads.api.rows import LARGEST_ID

ENTRIES: Final = "entries"
DAY_TOTALS: Final = "day_totals"
CORRECTIONS: Final = "corrections"

#: What can become of a row.
OUTCOMES: Final = {
    ENTRIES: ("recorded", "duplicate", "waiting", "conflict", "refused"),
    DAY_TOTALS: ("recorded", "unchanged", "older", "waiting", "refused"),
    CORRECTIONS: ("recorded", "duplicate", "waiting", "conflict", "refused"),
}

Schema = dict[str, Any]

_LIMIT: Final = 10**12
_DIGITS: Final = r"(?:0*[0-9]{1,12}(?:\.[0-9]{0,6}0*)?|\.[0-9]{1,6}0*)$"


def _amount(*, negative: bool) -> Schema:
    sign = "[+-]?" if negative else r"\+?"
    least = {"exclusiveMinimum": -_LIMIT} if negative else {"minimum": 0}
    return {
        "description": "US dollars, with up to six decimal places; plain digits, no exponent.",
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


def _object(required: tuple[str, ...], properties: Schema, **more: Any) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


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
        _object(
            ("brand", "name"),
            {"brand": _text(200), "name": _text(200)},
            title="by names",
            examples=[{"brand": "Acme", "name": "Spring Sale"}],
        ),
        _object(
            ("platform", "id"),
            {
                "platform": _text(50, description="One word for each platform."),
                "account": _or_null(_text(100, required=False)),
                "id": {
                    "anyOf": [_text(200), {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}]
                },
                "name": _or_null(
                    _text(200, required=False, description="What the platform calls it.")
                ),
            },
            title="as a platform knows it",
            description="Nobody need have said yet which campaign that is: then the row waits.",
            examples=[{"platform": "google_ads", "account": "123-456-7890", "id": "9876543210"}],
        ),
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
_EXTERNAL_ID: Final = _or_null(
    _text(
        200,
        description="Your own id of it, unique within the key's source. Needed, unless the request "
        "has an Idempotency-Key.",
        examples=["click-1001"],
    )
)
_OCCURRED_AT: Final = _or_null(
    {
        **_INSTANT,
        "description": "When it happened; left out: now. It says the day, if date does not.",
    }
)

ROWS: Final[dict[str, Schema]] = {
    ENTRIES: _object(
        ("campaign", "amount"),
        {
            "campaign": _CAMPAIGN,
            "amount": _amount(negative=False),
            "external_id": _EXTERNAL_ID,
            "date": _or_null(_DATE),
            "occurred_at": _OCCURRED_AT,
            "description": _or_null(_text(500, required=False)),
        },
        title="Entry",
    ),
    DAY_TOTALS: _object(
        ("campaign", "date", "amount", "observed_at"),
        {
            "campaign": _CAMPAIGN,
            "date": _DATE,
            "amount": _amount(negative=False),
            "observed_at": {
                **_INSTANT,
                "description": "When the source looked; not in the future.",
            },
        },
        title="DayTotal",
    ),
    CORRECTIONS: _object(
        ("campaign", "amount", "date", "description"),
        {
            "campaign": _CAMPAIGN,
            "amount": _amount(negative=True),
            "date": {**_DATE, "description": "The accounting day that was wrong."},
            "description": _text(500, description="Why."),
            "external_id": _EXTERNAL_ID,
            "occurred_at": _OCCURRED_AT,
        },
        title="Correction",
    ),
}

_EXAMPLES: Final[dict[str, list[Schema]]] = {
    ENTRIES: [
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
    DAY_TOTALS: [
        {
            "campaign": 3,
            "date": "2026-03-01",
            "amount": "310.25",
            "observed_at": "2026-03-01T18:00:00Z",
        }
    ],
    CORRECTIONS: [
        {
            "campaign": 3,
            "amount": "-20.00",
            "date": "2026-03-01",
            "description": "Invalid clicks, credited by the platform",
            "external_id": "credit-17",
        }
    ],
}
#: Not among the above, which can be tried out with the sample data as they are.
_BY_NAME: Final = {"brand": "Acme", "name": "Spring Sale"}


def of(many: str) -> Schema:
    """``openapi_extra`` of the endpoint whose bodies have their rows under ``many``."""
    kinds = [Kind.NO_LENGTH, Kind.TOO_LARGE, Kind.MEDIA_TYPE, Kind.INVALID]
    if "conflict" in OUTCOMES[many]:
        kinds.append(Kind.CONFLICT)
    answers = {"answers": _answers(many)}
    responses = problems.documented(*kinds)
    for status in {Kind.CONFLICT.status, Kind.INVALID.status} & responses.keys():
        (content,) = responses[status]["content"].values()
        content["schema"] = {"allOf": [problems.REFERENCE], "properties": answers}
    responses[200] = {
        "description": "Recorded. With keep_good, the answers say which rows were not.",
        "content": {JSON: {"schema": _taken(many)}},
    }
    return {"requestBody": _body(many), "responses": responses}


def rows_of(many: str) -> Schema:
    """Rows in JSON: many of them, or one."""
    row = ROWS[many]
    batch = _object(
        (many,),
        {many: {"type": "array", "items": row, "maxItems": MOST_ROWS}},
        title="Many",
    )
    return {"anyOf": [batch, row]}


def _body(many: str) -> Schema:
    row = ROWS[many]
    examples = _EXAMPLES[many]
    lines = "\n".join(json.dumps(example) for example in examples)
    return {
        "required": True,
        "description": f"At most {MOST_ROWS:,} rows and 10 MiB, in UTF-8.",
        "content": {
            JSON: {
                "schema": rows_of(many),
                "examples": {
                    "many": {"summary": "Many", "value": {many: examples}},
                    "one": {"summary": "One", "value": examples[0]},
                    "by_name": {
                        "summary": "Its campaign by brand and name",
                        "value": {**examples[0], "campaign": _BY_NAME},
                    },
                },
            },
            NDJSON: {
                "schema": {
                    "description": "One row on each line.",
                    "type": "array",
                    "items": row,
                    "minItems": 1,
                    "maxItems": MOST_ROWS,
                },
                "examples": {"lines": {"summary": "One row on each line", "value": lines}},
            },
        },
    }


def _answers(many: str) -> Schema:
    return {
        "type": "array",
        "description": "What became of each row, in the order sent.",
        "items": _object(
            ("row", "outcome"),
            {
                "row": {"type": "integer", "minimum": 0},
                "line": {"type": "integer", "minimum": 1, "description": "Its line in NDJSON."},
                "outcome": {
                    "type": "string",
                    "enum": [*OUTCOMES[many], "not_recorded"],
                    "description": "not_recorded: good, but others were not, so nothing was.",
                },
                "entry_id": {"type": "integer", "description": "Its id in the ledger."},
                "difference": {
                    "type": "string",
                    "description": "By how much a day total moved the ledger.",
                },
                "field": {"type": "string", "description": "Why not: which field."},
                "value": {"type": ["string", "null"], "description": "What was given."},
                "reason": {"type": "string", "description": "What is wrong, and what to do."},
            },
        ),
    }


def counts_of(many: str) -> Schema:
    """How many rows had which outcome: the properties, all of them required."""
    plural = {"duplicate": "duplicates", "conflict": "conflicts"}
    counts = [plural.get(outcome, outcome) for outcome in OUTCOMES[many]]
    return {count: {"type": "integer", "minimum": 0} for count in counts}


def _taken(many: str) -> Schema:
    counts = counts_of(many)
    return _object((*counts, "answers"), {**counts, "answers": _answers(many)})
