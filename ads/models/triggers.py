"""Triggers that several tables share, and a kind that runs with its owner's rights."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from pgtrigger import compiler


class OwnersTriggerSql(compiler.UpsertTriggerSql):
    """The SQL of an :class:`OwnersTrigger`. Migrations refer to it: add a class, don't edit it.

    Only the owner may attach the function to a table: with a temporary table of their own, other
    roles could feed it forged rows. Names are resolved in the schema of the table, not by the
    inserting role's search path or temporary tables.
    """

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER;

            REVOKE ALL ON FUNCTION {pgid}() FROM PUBLIC;

            DO $$
                BEGIN
                    EXECUTE format(
                        'ALTER FUNCTION {pgid}() SET search_path = pg_catalog, %s, pg_temp',
                        (SELECT relnamespace::regnamespace FROM pg_class
                          WHERE oid = '{table}'::regclass)
                    );
                END;
            $$;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class OwnersTrigger(pgtrigger.Trigger):
    """A trigger whose function runs with its owner's rights, not those of the writing role.

    A role that may only insert into one table thus updates what depends on it in others, which it
    may not even read. pgtrigger's ``ignore`` has no effect: every role may set it in its session.
    """

    def compile(self, model: Any) -> compiler.Trigger:
        compiled = super().compile(model)
        sql = OwnersTriggerSql(**compiled.sql.kwargs)
        return compiler.Trigger(name=compiled.name, sql=sql)


def refuse(
    name: str,
    *,
    operation: Any,
    message: str,
    fields: tuple[str, ...] = (),
    level: Any = pgtrigger.Row,
) -> pgtrigger.Trigger:
    """Refuse ``operation`` for every role; with ``fields``, only when it changes one of them.

    ``message`` says what to do instead, which pgtrigger's own Protect and ReadOnly cannot; the
    table's name is put before it. Django raises an IntegrityError.
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


def marks_brands(brands: str = "SELECT DISTINCT brand_id FROM changed") -> list[pgtrigger.Trigger]:
    """Have the next check look again at the brands of the rows that a statement changes.

    ``brands``: SQL for them, of the rows ``changed``. Whoever changes them, and whatever column: a
    decision that rests on a row is made again without anyone having to remember it. See
    :class:`ads.models.ChangedBrand`.
    """
    return [
        *(
            OwnersTrigger(
                name=f"marks_brands_{word}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=pgtrigger.Referencing(**{rows: "changed"}),  # type: ignore[no-untyped-call]
                func=f"INSERT INTO ads_changedbrand (brand_id) {brands}; RETURN NULL;",
            )
            for word, operation, rows in (
                ("inserted", pgtrigger.Insert, "new"),
                ("updated", pgtrigger.Update, "new"),
                ("deleted", pgtrigger.Delete, "old"),
            )
        ),
        marks_all(pgtrigger.Truncate),
    ]


def marks_all(operation: Any) -> pgtrigger.Trigger:
    """Have the next check look at everything, once a statement does this."""
    return OwnersTrigger(
        name="marks_all",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        func="INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;",
    )


def on_record(one: str, many: str, indexes: Sequence[models.Index] = ()) -> dict[str, Any]:
    """The Meta that pghistory's tables share; ``one`` and ``many`` are their verbose names."""
    return {
        "indexes": list(indexes),
        "verbose_name": one,
        "verbose_name_plural": many,
        "triggers": [
            # pghistory's ``append_only``, with a message of our own.
            refuse(
                "append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                message="The audit cannot be edited: to correct something, change it again.",
            )
        ],
    }


def tracked(
    one: str,
    many: str,
    fields: Sequence[str],
    *,
    links: bool = False,
    indexes: Sequence[models.Index] = (),
) -> Any:
    """Decorate a model to have pghistory record who changed ``fields`` of its rows.

    ``links``: its rows link two others and are only ever added and deleted.
    """
    if links:
        events = [pghistory.InsertEvent("attached"), pghistory.DeleteEvent("detached")]
    else:
        changed = pghistory.AnyChange(*fields)
        events = [
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(condition=changed),
            pghistory.DeleteEvent(),
        ]

    def track(model: type[models.Model]) -> Any:
        return pghistory.track(
            *events,
            fields=list(fields),
            meta=on_record(one, many, indexes),
            model_name=f"{model.__name__}Event",
        )(model)

    return track


def moves_updated_at(*fields: str) -> pgtrigger.Trigger:
    """Set ``updated_at`` when one of ``fields`` changes, also by SQL that leaves it out.

    Engine-owned columns are not among ``fields``, so the engine's writes never call the function.
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
