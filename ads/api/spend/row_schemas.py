"""What the OpenAPI document says of a row of spend, exact to the character."""

from typing import Any, Final

from ads.api.spend.rows import CORRECTIONS, DAY_TOTALS, ENTRIES, LARGEST_ID

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


def an_object(required: tuple[str, ...], properties: Schema, **more: Any) -> Schema:
    """An object of these properties alone, all of them known."""
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
        an_object(
            ("brand", "name"),
            {"brand": _text(200), "name": _text(200)},
            title="by names",
            examples=[{"brand": "Acme", "name": "Spring Sale"}],
        ),
        an_object(
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
    ENTRIES.many: an_object(
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
    DAY_TOTALS.many: an_object(
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
    CORRECTIONS.many: an_object(
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
