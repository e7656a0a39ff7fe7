"""Triggers that several tables share, and the kind that works with its owner's rights."""

import functools
import operator
from typing import Any

import pgtrigger
from pgtrigger import compiler


class OwnersTriggerSql(compiler.UpsertTriggerSql):
    """The SQL of an :class:`OwnersTrigger`. Migrations refer to it: add a class, don't edit it.

    Nobody but its owner may put the function on a table: on a temporary one of their own, anybody
    could feed it rows of their making. Names mean what they mean in the schema of the table, not
    in a search path, or among temporary tables, that whoever inserts has arranged.
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
    """A trigger whose function has the rights of its owner, not of whoever set it off.

    So a role that may insert into one table sets right what depends on it in others, which it may
    not even read. pgtrigger's ``ignore`` has no effect on it: that is a setting of the session,
    which every role may set.
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


def on_record(one: str, many: str) -> dict[str, Any]:
    """What the tables share in which pghistory records who changed what.

    ``one`` and ``many``: what a row is, and rows are, to people.
    """
    return {
        "verbose_name": one,
        "verbose_name_plural": many,
        "triggers": [
            # What pghistory's ``append_only`` does, in words.
            refuse(
                "append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                message="The record of who changed what is only ever added to: "
                "to correct something, change the thing itself once more.",
            )
        ],
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
