"""Sums in SQL of rows of campaigns, by the currencies of their brands."""

from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection

_JOIN: Final = """
    JOIN ads_campaign AS of_currency ON of_currency.id = {rows}.campaign_id
    JOIN ads_brand AS in_currency ON in_currency.id = of_currency.brand_id
"""


#: The currency that all brands have, as an expression; NULL if they have several, or none.
ONLY: Final = "(SELECT min(currency) FROM ads_brand HAVING count(DISTINCT currency) = 1)"


class ByCurrency(NamedTuple):
    """SQL for ``SELECT {code}, sum(…) FROM rows {join} {group}``."""

    code: str
    join: str
    group: str

    @property
    def zero(self) -> dict[str, Decimal]:
        """The sum of nothing, by currency: zero in the only one, if there is one."""
        return {} if self.join else {self.code[1:4]: Decimal(0)}


def the_only() -> str:
    """The currency that all brands have; "" if they have several, or there is none. One query.

    An amount that names no currency is in this one, whichever brand it will be matched to.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT currency FROM ads_brand LIMIT 2")
        codes = [str(code) for (code,) in cursor.fetchall()]
    return codes[0] if len(codes) == 1 else ""


def by_currency(rows: str) -> ByCurrency:
    """For ``rows``, a relation with a ``campaign_id``; one query.

    Where all brands have one currency nothing is joined, which a million rows would notice, and
    there is always a sum.
    """
    if code := the_only():  # three letters, which the database checks
        return ByCurrency(f"'{code}'::text", "", "")
    return ByCurrency("in_currency.currency", _JOIN.format(rows=rows), "GROUP BY 1 ORDER BY 1")
