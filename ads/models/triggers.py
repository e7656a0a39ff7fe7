"""Triggers that several tables share: refusing what must not happen, and when a row was edited."""

import functools
import operator
from typing import Any

import pgtrigger


def refuse(
    name: str,
    *,
    operation: Any,
    message: str,
    fields: tuple[str, ...] = (),
    level: Any = pgtrigger.Row,
) -> pgtrigger.Trigger:
    """Refuse ``operation``, whoever tries it; with ``fields``, only where it changes one of them.

    pgtrigger's own Protect and ReadOnly say no more than "Cannot update rows". ``message`` says
    what to do instead; the name of the table is put before it. Django raises an IntegrityError.
    """
    quoted = message.replace("'", "''")
    return pgtrigger.Trigger(
        name=name,
        level=level,
        when=pgtrigger.Before,
        operation=operation,
        condition=_any_changed(fields) if fields else None,
        func=(
            "RAISE EXCEPTION USING ERRCODE = 'check_violation', "
            f"MESSAGE = TG_TABLE_NAME || ': {quoted}';"
        ),
    )


#: For the records that pghistory writes; what its ``append_only`` does, in words.
ADDED_TO = {
    "triggers": [
        refuse(
            "append_only",
            operation=pgtrigger.Update | pgtrigger.Delete,
            message="The record of who changed what is only ever added to: "
            "to correct something, change the thing itself once more.",
        )
    ]
}


def moves_updated_at(*fields: str) -> pgtrigger.Trigger:
    """Let ``updated_at`` say when one of ``fields`` was changed, also by SQL that leaves it out.

    The engine's own columns are not among them, so its writes do not even start the function.
    """
    return pgtrigger.Trigger(
        name="moves_updated_at",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=_any_changed(fields)
        & pgtrigger.Q(old__updated_at=pgtrigger.F("new__updated_at")),
        func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
    )


def _any_changed(fields: tuple[str, ...]) -> pgtrigger.Q:
    changed = (pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")}) for name in fields)
    return functools.reduce(operator.or_, changed)
