"""What the OpenAPI document says of sending spend: bodies and answers, exact to the character."""

import json
from typing import Final

from ads.api.frame import Kind, problems
from ads.api.spend.bodies import JSON, MOST_ROWS, NDJSON
from ads.api.spend.row_schemas import ROWS, Schema, an_object
from ads.api.spend.rows import CORRECTIONS, DAY_TOTALS, ENTRIES, Shape

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
#: Not among the above, which can be tried out with the sample data as they are.
_BY_NAME: Final = {"brand": "Acme", "name": "Spring Sale"}


def of(shape: Shape) -> Schema:
    """``openapi_extra`` of the endpoint that takes such rows."""
    kinds = [Kind.NO_LENGTH, Kind.TOO_LARGE, Kind.MEDIA_TYPE, Kind.INVALID]
    if "conflict" in shape.outcomes:
        kinds.append(Kind.CONFLICT)
    answers = {"answers": _answers(shape)}
    responses = problems.documented(*kinds)
    for status in {Kind.CONFLICT.status, Kind.INVALID.status} & responses.keys():
        (content,) = responses[status]["content"].values()
        content["schema"] = {"allOf": [problems.REFERENCE], "properties": answers}
    responses[200] = {
        "description": "Recorded. With keep_good, the answers say which rows were not.",
        "content": {JSON: {"schema": _recorded(shape)}},
    }
    return {"requestBody": _body(shape), "responses": responses}


def rows_of(shape: Shape) -> Schema:
    """Rows in JSON: many of them, or one."""
    row = ROWS[shape.many]
    batch = an_object(
        (shape.many,),
        {shape.many: {"type": "array", "items": row, "maxItems": MOST_ROWS}},
        title="Many",
    )
    return {"anyOf": [batch, row]}


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
                "schema": {
                    "description": "One row on each line.",
                    "type": "array",
                    "items": ROWS[shape.many],
                    "minItems": 1,
                    "maxItems": MOST_ROWS,
                },
                "examples": {"lines": {"summary": "One row on each line", "value": lines}},
            },
        },
    }


def _answers(shape: Shape) -> Schema:
    return {
        "type": "array",
        "description": "What became of each row, in the order sent.",
        "items": an_object(
            ("row", "outcome"),
            {
                "row": {"type": "integer", "minimum": 0},
                "line": {"type": "integer", "minimum": 1, "description": "Its line in NDJSON."},
                "outcome": {
                    "type": "string",
                    "enum": [*shape.outcomes, "not_recorded"],
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


def counts_of(shape: Shape) -> Schema:
    """How many rows had which outcome: the properties, all of them required."""
    return {count: {"type": "integer", "minimum": 0} for count in shape.outcomes.values()}


def _recorded(shape: Shape) -> Schema:
    counts = counts_of(shape)
    return an_object((*counts, "answers"), {**counts, "answers": _answers(shape)})
