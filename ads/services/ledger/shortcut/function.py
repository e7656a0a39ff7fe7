"""The functions of the database that record entries if they change nothing else: one, or several.

Made of the same SQL as the statements of :mod:`ads.services.ledger.batch`. Their names end with the
hash of their text, so a version calls its own functions or none. :func:`keep` makes them after each
``migrate``, which also follows a restore.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ads.holds import IS_LONG
from ads.models import Spend
from ads.services.ledger.crossings import MOVED, QUESTION
from ads.services.ledger.entries import INSERT

#: PostgreSQL's code for a function that is not there.
MISSING: Final = "42883"

#: The code with which a function takes entries back; of a class that nobody else uses.
TAKES_BACK: Final = "BM001"

_PREFIX: Final = "ads_record_entry_"

#: The columns of ``staged`` (see :mod:`ads.services.ledger.entries`), those that are the same there
#: for all entries, and those of the batch that an entry makes, if it has a title.
ENTRY: Final = {
    "campaign_id": "bigint",
    "amount": "numeric",
    "date": "date",
    "occurred_at": "timestamptz",
    "description": "text",
    "external_id": "text",
    "source": "text",
    "kind": "text",
    "recorded_by": "text",
    "now": "timestamptz",
    "batch": "bigint",
    "made_kind": "text",
    "title": "text",
    "api_key": "bigint",
    "made_by": "text",
    "amounts": "jsonb",
}

_COLUMNS: Final = {**ENTRY, **{f"moved_{name}": kind for name, kind in MOVED.items()}}

# By position, because columns have the same names. The last is how long to wait for each lock, if
# not as long as the session does.
_POSITIONS: Final = [f"${n}" for n in range(1, len(_COLUMNS) + 2)]
_GIVEN: Final = dict(zip(ENTRY, _POSITIONS, strict=False))
_MOVED: Final = ", ".join(_POSITIONS[len(ENTRY) : -1])
_PATIENCE: Final = _POSITIONS[-1]

_WAIT: Final = f"""
        IF {_PATIENCE} IS NOT NULL THEN
            PERFORM set_config('lock_timeout', {_PATIENCE}, true);
        END IF;
"""

#: Campaigns that always need more than the question. It says so too; but then their entries would
#: be taken back each time.
_OTHERS: Final = f"""
            SELECT campaign.id FROM ads_campaign AS campaign
              JOIN ads_brand AS brand ON brand.id = campaign.brand_id
             WHERE ({IS_LONG} OR brand.stops_early) AND campaign.id
"""  # noqa: S608  (nothing in it comes from outside)

#: Makes the batches of ``made``: entries that were inserted, with the ids that they name.
_MAKE: Final = """
        INSERT INTO ads_spendbatch (id, kind, title, source, recorded_by, recorded_at, rows,
                                    amounts, api_key_id, known_as, reason, counts)
        SELECT made_id, made_kind, title, source, made_by, now, 1, amounts, api_key, '', '', true
          FROM {made}
         WHERE made_id IS NOT NULL AND entry_id IS NOT NULL;
"""

_TAKE_BACK: Final = f"""
            RAISE EXCEPTION USING ERRCODE = '{TAKES_BACK}',
                MESSAGE = 'The entry changes what delivers, and is recorded step by step instead.';
"""


def _insert(staged: str) -> str:
    """The ledger's INSERT, of which each entry has its own of everything."""
    own = {name: name for name in ("source", "kind", "recorded_by", "now")}
    return INSERT.format(staged=staged) % {**own, "batch": "batch_id"}


def _question(moved: str) -> str:
    return QUESTION.format(moved=moved) % ()


_NAMES: Final = ", ".join(ENTRY)

# VOLATILE, as functions are: each statement in them sees what was committed before it began, so the
# question sees the sums as they are once the INSERT has their locks.
_GIVEN_ONE: Final = ", ".join(f"{position} AS {name}" for name, position in _GIVEN.items())
_STAGED_ONE: Final = f"""
    (SELECT {_GIVEN_ONE}, coalesce({_GIVEN["batch"]}, made_id) AS batch_id, 1 AS position) AS staged
"""
_ONE: Final = f"""
    DECLARE
        made_id bigint;
        entry_id bigint;
    BEGIN
        {_WAIT}
        IF EXISTS ({_OTHERS} = {_GIVEN["campaign_id"]}) THEN
            RETURN NULL;
        END IF;
        IF {_GIVEN["title"]} IS NOT NULL THEN
            made_id := nextval('ads_spendbatch_id_seq');
        END IF;
        {_insert(_STAGED_ONE)} RETURNING id INTO entry_id;
        IF entry_id IS NULL THEN
            RETURN NULL;
        END IF;
        IF made_id IS NOT NULL THEN
            {_MAKE.format(made=f"(SELECT {_GIVEN_ONE}) AS made")}
        END IF;
        IF EXISTS ({_question(f"(VALUES ({_MOVED}))")}) THEN {_TAKE_BACK} END IF;
        RETURN ARRAY[entry_id, made_id];
    END
"""

_ARRAYS: Final = ", ".join(_GIVEN.values())
_STAGED_SEVERAL: Final = f"""
    (SELECT *, made_id AS batch_id
       FROM unnest({_ARRAYS}, made_ids) WITH ORDINALITY AS given ({_NAMES}, made_id, position)
      WHERE campaign_id <> ALL (of_others)) AS staged
"""  # noqa: S608
_MADE_SEVERAL: Final = (
    f"unnest({_ARRAYS}, made_ids, entry_ids) AS made ({_NAMES}, made_id, entry_id)"
)
_MOVED_SEVERAL: Final = f"""
    (SELECT * FROM unnest({_MOVED}) AS moved ({", ".join(MOVED)})
      WHERE campaign_id <> ALL (of_others))
"""  # noqa: S608
# Each makes a batch, by whose id its entry is found again. One that was not inserted has NULL, and
# counts as moved nonetheless: at worst all are taken back.
_SEVERAL: Final = f"""
    DECLARE
        of_others bigint[];
        made_ids bigint[];
        entry_ids bigint[];
    BEGIN
        {_WAIT}
        of_others := ARRAY({_OTHERS} = ANY ({_GIVEN["campaign_id"]}));
        made_ids := ARRAY(SELECT nextval('ads_spendbatch_id_seq') FROM unnest({_GIVEN["title"]}));
        WITH inserted AS ({_insert(_STAGED_SEVERAL)} RETURNING id, batch_id)
        SELECT array_agg(inserted.id ORDER BY position) INTO entry_ids
          FROM unnest(made_ids) WITH ORDINALITY AS made (id, position)
          LEFT JOIN inserted ON inserted.batch_id = made.id;
        {_MAKE.format(made=_MADE_SEVERAL)}
        IF EXISTS ({_question(_MOVED_SEVERAL)}) THEN {_TAKE_BACK} END IF;
        RETURN ARRAY[entry_ids, made_ids];
    END
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the database: what it takes, and its text."""

    types: tuple[str, ...]
    body: str
    settings: str = ""

    @property
    def declared(self) -> str:
        """Its parameters, result and language."""
        return f"({', '.join(self.types)}) RETURNS bigint[] LANGUAGE plpgsql {self.settings} AS"

    @property
    def name(self) -> str:
        """With the hash of its text."""
        text = f"{self.declared}{self.body}"
        return _PREFIX + hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def create(self) -> str:
        """The statement that makes it, or puts it right."""
        body = f"$function${self.body}$function$"
        return f"CREATE OR REPLACE FUNCTION {self.name} {self.declared} {body}"

    @property
    def call(self) -> str:
        """Calls it; with the parameters in their order."""
        return f"SELECT {self.name}({', '.join(f'%s::{kind}' for kind in self.types)})"


#: The ids of the entry and of its batch; NULL: nothing was recorded.
ONE: Final = Function((*_COLUMNS.values(), "text"), _ONE)

#: Arrays of the same, one for each column. Planned once: PostgreSQL would plan each call for the
#: number of entries in it, which takes longer than to record them.
SEVERAL: Final = Function(
    (*(f"{kind}[]" for kind in _COLUMNS.values()), "text"),
    _SEVERAL,
    "SET plan_cache_mode = force_generic_plan",
)

_ALL: Final = {function.name: function for function in (ONE, SEVERAL)}
NAMES: Final = frozenset(_ALL)
CALL_ONE: Final = ONE.call
CALL_SEVERAL: Final = SEVERAL.call


def keep(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Have this version's functions in the database, and none of another version."""
    connection = connections[using]
    if Spend._meta.db_table not in connection.introspection.table_names():
        return
    found = dict(_found(using))
    with transaction.atomic(using), connection.cursor() as cursor:
        for name in found.keys() - NAMES:
            cursor.execute(f"DROP FUNCTION {name}")
        for name, function in _ALL.items():
            if found.get(name) != function.body:
                cursor.execute(function.create)


def is_installed(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Are this version's functions there, letter for letter?"""
    found = dict(_found(using))
    return all(found.get(name) == function.body for name, function in _ALL.items())


def _found(using: str) -> Iterator[tuple[str, str]]:
    """Names and texts of the functions of any version."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc"
            " WHERE starts_with(proname, %s) AND pg_function_is_visible(oid)",
            [_PREFIX],
        )
        yield from cursor.fetchall()
