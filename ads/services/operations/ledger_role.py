"""Database roles for programs that write spend straight into the ledger, and may do nothing else.

The ledger's trigger, which has its owner's rights, updates the totals; the next safety check pauses
campaigns. Such a role inserts and reads nothing: ``RETURNING`` and ``ON CONFLICT (source,
external_id)`` would need to read, ``ON CONFLICT DO NOTHING`` does not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote

from django.db import DatabaseError, connection, transaction
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

from ads.models import Spend

#: The columns such a role may fill in. Not the id, nor ``created_at``, by which the database
#: recognizes dates in the future.
COLUMNS: Final = (
    "campaign_id",
    "amount",
    "date",
    "occurred_at",
    "description",
    "source",
    "external_id",
    "kind",
)

#: PostgreSQL silently cuts a name after so many bytes.
_LONGEST_NAME: Final = 63

#: PostgreSQL's codes for a missing right, and for a role that something depends on.
_NOT_ALLOWED: Final = "42501"
_STILL_NEEDED: Final = "2BP01"


class LedgerRoleError(ValueError):
    """A role that cannot be created or dropped; the message says why, and what to do."""


def statements(name: str, *, login: bool) -> list[str]:
    """The SQL that creates the role and grants its rights, for a database administrator to run.

    Without a password: ``\\password`` in psql sets one that appears in no log.
    """
    made = [] if exists(name) else [_create(name, login=login, password_hash=None)]
    return [_text(statement) for statement in [*made, *_grants(name)]]


def drop_statements(name: str) -> list[str]:
    """The SQL that revokes the rights and drops the role."""
    _check_name(name)
    return [_text(statement) for statement in _removal(name)]


def address(name: str) -> str:
    """The connection URL for the role, without the password."""
    parameters = connection.get_connection_params()
    host, port = parameters.get("host") or "localhost", parameters.get("port") or 5432
    return f"postgresql://{quote(name, safe='')}@{host}:{port}/{quote(parameters['dbname'])}"


def exists(name: str) -> bool:
    _check_name(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
        return cursor.fetchone() is not None


def grant(name: str, *, password: str | None, login: bool = True) -> bool:
    """Create the role if need be, and grant its rights; True: it was created.

    Args:
        password: of a new role that may log in; None where the server lets it in without.

    Raises:
        LedgerRoleError: PostgreSQL refuses, or the role is unlimited already.
    """
    new = not exists(name)
    if not new:
        _check_is_limited(name)
    with _refusals(name), transaction.atomic(), connection.cursor() as cursor:
        if new:
            # Hashed here, so that it appears in no server log.
            hashed = None
            if password is not None:
                hashed = encrypt_password(
                    password, name, scope=cursor.connection, algorithm="scram-sha-256"
                )
            cursor.execute(_create(name, login=login, password_hash=hashed))
        for statement in _grants(name):
            cursor.execute(statement)
    return new


def drop(name: str) -> None:
    """Revoke the role's rights, and drop it.

    Raises:
        LedgerRoleError: there is none, it is unlimited, or something else needs it.
    """
    if not exists(name):
        raise LedgerRoleError(f'There is no role "{name}".')
    _check_is_limited(name)
    with _refusals(name), transaction.atomic(), connection.cursor() as cursor:
        for statement in _removal(name):
            cursor.execute(statement)


def extra_rights(name: str) -> list[str]:
    """The role's rights in the ledger's schema beyond the ledger's columns: "SELECT on ads_brand".

    Of its own, through membership in other roles, or as PUBLIC.
    """
    schema, _ = _place()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted || ' on ' || relname
              FROM pg_class
             CROSS JOIN unnest(%(rights)s::text[]) AS wanted
             WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
               AND has_table_privilege(%(name)s, pg_class.oid, wanted)
             UNION ALL
            SELECT 'CREATE in schema ' || %(schema)s::text
             WHERE has_schema_privilege(%(name)s, %(schema)s::text, 'CREATE')
             UNION ALL
            SELECT 'INSERT of ' || attname || ' on ' || %(ledger)s::text
              FROM pg_attribute
             WHERE attrelid = %(ledger)s::regclass AND attnum > 0 AND NOT attisdropped
               AND NOT attname = ANY(%(columns)s)
               AND has_column_privilege(%(name)s, attrelid, attname, 'INSERT')
               AND NOT has_table_privilege(%(name)s, attrelid, 'INSERT')
             ORDER BY 1
            """,
            {
                "name": name,
                "schema": schema,
                "rights": ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"],
                "ledger": Spend._meta.db_table,
                "columns": list(COLUMNS),
            },
        )
        return [right for (right,) in cursor.fetchall()]


def _check_name(name: str) -> None:
    if not name or "\x00" in name or len(name.encode(errors="replace")) > _LONGEST_NAME:
        raise LedgerRoleError(
            f"{name!r} cannot be the name of a role: use one of 1 to {_LONGEST_NAME} bytes."
        )
    if name.startswith("pg_") or name in ("public", "none"):
        raise LedgerRoleError(f'"{name}" is PostgreSQL\'s own: choose another name.')


def _check_is_limited(name: str) -> None:
    """Refuse roles whose rights grants do not limit: superusers, and those that own the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT rolsuper OR pg_has_role(pg_roles.oid, relowner, 'MEMBER')
              FROM pg_roles, pg_class
             WHERE rolname = %s AND pg_class.oid = %s::regclass
            """,
            [name, Spend._meta.db_table],
        )
        (is_unlimited,) = cursor.fetchone()
    if is_unlimited:
        raise LedgerRoleError(
            f'"{name}" is a superuser or owns the ledger, so it may do anything there: '
            "use a separate role for a program that only writes spend."
        )


def _create(name: str, *, login: bool, password_hash: str | None) -> sql.Composed:
    statement = sql.SQL("CREATE ROLE {} {}").format(
        sql.Identifier(name), sql.SQL("LOGIN" if login else "NOLOGIN")
    )
    if password_hash is not None:
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password_hash))
    return statement


def _place() -> tuple[str, str]:
    """The schema of the ledger, and the name of the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname, current_database() FROM pg_class"
            "  JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE pg_class.oid = %s::regclass",
            [Spend._meta.db_table],
        )
        schema, database = cursor.fetchone()
    return schema, database


def _rights() -> list[sql.Composed]:
    schema, database = _place()
    return [
        sql.SQL("CONNECT ON DATABASE {}").format(sql.Identifier(database)),
        sql.SQL("USAGE ON SCHEMA {}").format(sql.Identifier(schema)),
        sql.SQL("INSERT ({}) ON {}").format(
            sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
            sql.Identifier(schema, Spend._meta.db_table),
        ),
    ]


def _grants(name: str) -> list[sql.Composed]:
    return [sql.SQL("GRANT {} TO {}").format(right, sql.Identifier(name)) for right in _rights()]


def _removal(name: str) -> list[sql.Composed]:
    revoked = [
        sql.SQL("REVOKE {} FROM {}").format(right, sql.Identifier(name))
        for right in reversed(_rights())
    ]
    return [*revoked, sql.SQL("DROP ROLE {}").format(sql.Identifier(name))]


def _text(statement: sql.Composed) -> str:
    connection.ensure_connection()
    return f"{statement.as_string(connection.connection)};"


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    """Turn PostgreSQL's refusals into :class:`LedgerRoleError`."""
    try:
        yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        said = getattr(diagnosis, "message_primary", None) or str(error)
        if detail := getattr(diagnosis, "message_detail", None):
            said = f"{said}: {' '.join(detail.split())}"
        code = getattr(error.__cause__, "pgcode", None)
        if code == _NOT_ALLOWED:
            raise LedgerRoleError(
                f"The application's own role may not do that ({said}). Nothing was changed. "
                "Have a database administrator run the SQL that --sql prints."
            ) from error
        if code == _STILL_NEEDED:
            raise LedgerRoleError(
                f'"{name}" has more than its rights on the ledger ({said}). Nothing was changed. '
                "Take that away first."
            ) from error
        raise LedgerRoleError(f"PostgreSQL refuses: {said}. Nothing was changed.") from error
