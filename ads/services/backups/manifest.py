"""What a backup contains, in figures that a restore must arrive at."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.crypto import salted_hmac

from ads.rules.money import plain

#: Names inside a backup's directory.
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"

#: Of the manifest's own shape.
FORMAT: Final = 1

#: Bytes read at a time.
_PORTION: Final = 2**20


class BackupError(Exception):
    """A backup that could not be taken or restored; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class BrandSums:
    """The money of one brand; amounts as plain decimal text."""

    name: str
    currency: str
    entries: int
    #: What its entries come to, what its sums by month come to, and what was archived of it.
    ledger: str
    totals: str
    archived: str


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    taken_at: str
    #: Of the database server: major version, release, size in bytes; the major version of pg_dump.
    database: dict[str, Any]
    #: Names of the applied migrations, by app.
    migrations: dict[str, list[str]]
    #: By which a restore notices another SECRET_KEY; the key cannot be derived from it.
    secret_key: str
    #: Rows of each table.
    rows: dict[str, int]
    #: By the brand's id, as text.
    brands: dict[str, BrandSums]
    #: By currency: what the ledger comes to, with what was archived.
    currencies: dict[str, str]
    #: Files of archived months, which are not in the backup: month, name, SHA-256.
    archives: list[dict[str, str]]
    #: Database roles with rights in this database, which are not in the backup.
    roles: list[str]
    sha256: str = ""
    size: int = 0

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.taken_at)

    @property
    def entries(self) -> int:
        return sum(sums.entries for sums in self.brands.values())

    def write(self, path: Path) -> None:
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        with path.open("w", encoding="utf-8") as file:
            file.write(f"{text}\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in a backup's directory.

        Raises:
            BackupError: there is none, or it is not one of this version.
        """
        path = folder / MANIFEST
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            if given["format"] > FORMAT:
                raise BackupError(
                    f"{path} was written by a newer version of Budget Manager: restore with that."
                )
            known = {field.name: given[field.name] for field in fields(cls)}
            brands = {key: BrandSums(**sums) for key, sums in known["brands"].items()}
            return cls(**{**known, "brands": brands})
        except FileNotFoundError as error:
            raise BackupError(
                f"{folder} is not a backup: it has no {MANIFEST}. Give the folder that the backup "
                "command printed, such as budget-manager-20261129T020000Z."
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(
                f"{path} cannot be read ({error}). The backup is damaged: use another copy of it, "
                "or another backup."
            ) from error


def describe(taken_at: datetime, *, dumped_by: int) -> Manifest:
    """The manifest of the database as the current transaction sees it."""
    return Manifest(
        format=FORMAT,
        taken_at=taken_at.isoformat(),
        database={**_server(), "dumped_by": dumped_by},
        migrations=applied_migrations(),
        secret_key=fingerprint(settings.SECRET_KEY),
        rows=row_counts(),
        brands=brand_sums(),
        currencies=_by_currency(),
        archives=_archives(),
        roles=_roles(),
    )


def fingerprint(secret_key: str) -> str:
    """What tells one SECRET_KEY from another."""
    return salted_hmac("ads.backups", "fingerprint", secret=secret_key).hexdigest()


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while portion := file.read(_PORTION):
            digest.update(portion)
    return digest.hexdigest()


def row_counts() -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts


def brand_sums() -> dict[str, BrandSums]:
    """The money of each brand, by its id as text; one statement."""
    rows = _rows(
        """
        SELECT brand.id, brand.name, brand.currency, coalesce(ledger.entries, 0),
               coalesce(ledger.amount, 0), coalesce(kept.amount, 0), coalesce(archived.amount, 0)
          FROM ads_brand AS brand
          LEFT JOIN (SELECT campaign.brand_id, sum(entries) AS entries, sum(amount) AS amount
                       FROM (SELECT campaign_id, count(*) AS entries, sum(amount) AS amount
                               FROM ads_spend GROUP BY campaign_id) AS entry
                       JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
                      GROUP BY campaign.brand_id) AS ledger ON ledger.brand_id = brand.id
          LEFT JOIN (SELECT brand_id, sum(amount) AS amount FROM ads_spendtotal
                      WHERE campaign_id IS NULL AND period = 'month'
                      GROUP BY brand_id) AS kept ON kept.brand_id = brand.id
          LEFT JOIN (SELECT campaign.brand_id, sum(entry.amount) AS amount
                       FROM ads_archivedspend AS entry
                       JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
                      GROUP BY campaign.brand_id) AS archived ON archived.brand_id = brand.id
         ORDER BY brand.id
        """
    )
    return {
        str(pk): BrandSums(name, currency, int(entries), *map(plain, amounts))
        for pk, name, currency, entries, *amounts in rows
    }


def applied_migrations() -> dict[str, list[str]]:
    applied: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        applied.setdefault(app, []).append(name)
    return applied


def _by_currency() -> dict[str, str]:
    rows = _rows(
        """
        SELECT brand.currency, sum(entry.amount)
          FROM (SELECT campaign_id, amount FROM ads_spend
                 UNION ALL SELECT campaign_id, amount FROM ads_archivedspend) AS entry
          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
          JOIN ads_brand AS brand ON brand.id = campaign.brand_id
         GROUP BY brand.currency ORDER BY brand.currency
        """
    )
    return {code: plain(amount) for code, amount in rows}


def _archives() -> list[dict[str, str]]:
    rows = _rows(
        "SELECT month, file, sha256 FROM ads_archivedmonth WHERE restored_at IS NULL ORDER BY month"
    )
    return [{"month": f"{month:%Y-%m}", "file": file, "sha256": sha} for month, file, sha in rows]


def _server() -> dict[str, Any]:
    ((number, release, size),) = _rows(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
        " pg_database_size(current_database())"
    )
    return {"major": number // 10_000, "release": release, "size": size}


def _roles() -> list[str]:
    """Roles but the owners that may do something with a table here."""
    rows = _rows(
        """
        SELECT DISTINCT grantee.rolname
          FROM (SELECT relowner AS owner, acl.grantee
                  FROM pg_class, aclexplode(relacl) AS acl
                 WHERE relnamespace = current_schema()::regnamespace
                 UNION
                SELECT pg_class.relowner, acl.grantee
                  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid,
                       aclexplode(attacl) AS acl
                 WHERE relnamespace = current_schema()::regnamespace) AS granted
          JOIN pg_roles AS grantee ON grantee.oid = granted.grantee
         WHERE granted.grantee <> granted.owner
         ORDER BY 1
        """
    )
    return [name for (name,) in rows]


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return [
        f"{key}: {_shown(expected.get(key))} in the backup, {_shown(found.get(key))} restored"
        for key in sorted({*expected, *found})
        if expected.get(key) != found.get(key)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, BrandSums):
        return (
            f"{value.name} {value.currency} {value.entries} entries of {value.ledger}, sums of "
            f"{value.totals}, {value.archived} archived"
        )
    return "nothing" if value is None else str(value)
