"""The function of the database that records one entry if it changes nothing else.

Made of the same SQL as the statements of :mod:`ads.services.ledger.batch`. Its name ends with the
hash of its text, so a version calls its own function or none. :func:`keep` makes it after each
``migrate``, which also follows a restore.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ads.holds import IS_LONG
from ads.models import Spend
from ads.services.ledger.crossings import MOVED, QUESTION
from ads.services.ledger.entries import INSERT

#: PostgreSQL's code for a function that is not there.
MISSING: Final = "42883"

#: The code with which the function takes an entry back; of a class that nobody else uses.
TAKES_BACK: Final = "BM001"

_PREFIX: Final = "ads_record_entry_"

_ENTRY: Final = {
    "campaign_id": "bigint",
    "amount": "numeric",
    "date": "date",
    "occurred_at": "timestamptz",
    "description": "text",
    "external_id": "text",
}
_SAME_FOR_ALL: Final = {
    "source": "text",
    "kind": "text",
    "recorded_by": "text",
    "now": "timestamptz",
    "batch": "bigint",
}

#: The function's parameters in their order: the columns of ``staged`` and what is the same for all
#: of them, see :mod:`ads.services.ledger.entries`; and the columns of ``moved``.
_TYPES: Final = (*_ENTRY.values(), *_SAME_FOR_ALL.values(), *MOVED.values())

# By position, because columns have the same names.
_POSITIONS: Final = iter([f"${n}" for n in range(1, len(_TYPES) + 1)])
_STAGED: Final = ", ".join(f"{next(_POSITIONS)} AS {column}" for column in _ENTRY)
_VALUES: Final = {name: next(_POSITIONS) for name in _SAME_FOR_ALL}
_MOVED: Final = ", ".join(_POSITIONS)

# VOLATILE, as functions are: each statement in it sees what was committed before it began, so the
# question sees the sums as they are once the INSERT has their locks.
_BODY: Final = f"""
    DECLARE
        entry_id bigint;
    BEGIN
        -- The question says so too; but then the entry would be taken back each time.
        IF EXISTS (SELECT FROM ads_campaign AS campaign
                     JOIN ads_brand AS brand ON brand.id = campaign.brand_id
                    WHERE campaign.id = $1 AND ({IS_LONG} OR brand.stops_early)) THEN
            RETURN NULL;
        END IF;
        {INSERT.format(staged=f"(SELECT {_STAGED}, 1 AS position) AS staged") % _VALUES}
        RETURNING id INTO entry_id;
        IF entry_id IS NOT NULL AND EXISTS ({QUESTION.format(rows=f"({_MOVED})") % ()}) THEN
            RAISE EXCEPTION USING ERRCODE = '{TAKES_BACK}',
                MESSAGE = 'The entry changes what delivers, and is recorded step by step instead.';
        END IF;
        RETURN entry_id;
    END
"""

_DECLARED: Final = f"({', '.join(_TYPES)}) RETURNS bigint LANGUAGE plpgsql AS"

NAME: Final = _PREFIX + hashlib.sha256(f"{_DECLARED}{_BODY}".encode()).hexdigest()[:12]

_CREATE: Final = f"CREATE OR REPLACE FUNCTION {NAME} {_DECLARED} $function${_BODY}$function$"

#: Calls it; with the parameters in their order. NULL: nothing was recorded.
CALL: Final = f"SELECT {NAME}({', '.join(f'%s::{kind}' for kind in _TYPES)})"


def keep(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Have this version's function in the database, and none of another version."""
    connection = connections[using]
    if Spend._meta.db_table not in connection.introspection.table_names():
        return
    found = dict(_found(using))
    with transaction.atomic(using), connection.cursor() as cursor:
        for name in found.keys() - {NAME}:
            cursor.execute(f"DROP FUNCTION {name}")
        if found.get(NAME) != _BODY:
            cursor.execute(_CREATE)


def is_installed(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Is this version's function there, letter for letter?"""
    return dict(_found(using)).get(NAME) == _BODY


def _found(using: str) -> Iterator[tuple[str, str]]:
    """Names and texts of the functions of any version."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc"
            " WHERE starts_with(proname, %s) AND pg_function_is_visible(oid)",
            [_PREFIX],
        )
        yield from cursor.fetchall()
