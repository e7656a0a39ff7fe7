"""A warehouse: a SQL table or SELECT with the spend of many platforms, as dbt's ad_reporting has.

- `access`: reads one statement, read only, within a deadline.
- `values`: what rows mean: days, amounts, IDs, names of platforms.
- `connector`: accounts, campaigns and costs.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ads.platforms.interface import Credential, OAuth

if TYPE_CHECKING:
    from ads.platforms.warehouse.connector import Warehouse

_COLUMN: Final = "the name of the column that has it"


class WarehousePlatform:
    """See :class:`ads.platforms.interface.Platform`."""

    code = "warehouse"
    name = "Warehouse"
    credentials = (
        Credential(
            "address",
            "Address",
            "Such as postgresql://reader:password@host/analytics or duckdb:////data/ads.duckdb. "
            "Use a login that can only read.",
            is_secret=True,
        ),
        Credential(
            "query",
            "Table or SELECT",
            "A table such as dbt.ad_reporting__campaign_report, or one SELECT without semicolons. "
            "It has the columns date_day, platform, account_id, campaign_id and spend, and may "
            "have account_name and campaign_name.",
            is_long=True,
        ),
        Credential(
            "currency",
            "Currency",
            f"The currency of all accounts, such as EUR, or {_COLUMN}. Empty: the column "
            "currency, if any.",
            is_required=False,
        ),
        Credential(
            "timezone",
            "Timezone",
            f"The timezone of all accounts' days, such as Europe/Berlin, or {_COLUMN}. Empty: the "
            "column timezone, if any.",
            is_required=False,
        ),
        Credential(
            "hour",
            "Column of the hour",
            "The hour in which each row's spend began, 0 to 23, if the rows are hourly.",
            is_required=False,
        ),
        Credential(
            "loaded_at",
            "Column of the load",
            "When each row was loaded: a timestamp, in UTC if it has no timezone. Without it, "
            "spend is known up to the beginning of the newest day.",
            is_required=False,
        ),
    )
    oauth: OAuth | None = None
    usual_lag = "as often as the warehouse is loaded, often once a day"
    overspend: Decimal | None = None

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> "Warehouse":
        """See :meth:`ads.platforms.interface.Platform.connect`; reaches no network yet."""
        from ads.platforms.warehouse.connector import Warehouse, settings_of

        return Warehouse(settings_of(credentials), timeout)


PLATFORM = WarehousePlatform()
