"""Reports of Google Ads: titles above the header, totals below the rows.

A report downloaded as ".csv" is UTF-8 with commas; as "Excel .csv", UTF-16 with tabs. Costs are
written as "1,234.56", missing values as " --". The second line above the header is the period.

The English and German names, titles and totals are in public reports and the code that reads them;
names of the API's fields are its documentation's. The other languages' names are those of the
product's screens, and not verified on files.
"""

import re
from collections.abc import Sequence
from typing import Final

from ads.services.imports.formats.base import Format, Rows, table

_YEAR: Final = "(?:19|20)[0-9]{2}"
_PERIOD: Final = re.compile(rf".*{_YEAR}.* ?[-–—~〜] ?.*{_YEAR}.*")


class GoogleAds(Format):
    """A report with at least the columns Day, Campaign (or Campaign ID) and Cost."""

    def recognises(self, seen: frozenset[str], *args: object, **kwargs: object) -> bool:
        has_campaign = self._has("campaign", seen) or self._has("reference", seen)
        return has_campaign and super().recognises(seen, *args, **kwargs)  # type: ignore[arg-type]

    def shows(self, seen: frozenset[str], titles: Sequence[str], rows: Rows) -> bool:
        del rows
        above = [line for line in titles if line]
        if len(above) < 2 or not _PERIOD.fullmatch(above[1]):  # noqa: PLR2004  (title and period)
            return False
        # In Japanese, Microsoft's column of amounts has the same name.
        return self._has("date", seen) and self._has("amount", seen - {"費用"})


GOOGLE_ADS = GoogleAds(
    code="google_ads",
    label="Google Ads report",
    platform="google_ads",
    names=table(
        date="en: Day, Date, segments.date | de: Tag | fr: Jour | es: Día | it: Giorno | pt: Dia"
        " | nl: Dag | ja: 日",
        campaign="en: Campaign, Campaign name, campaign.name | de: Kampagne | fr: Campagne"
        " | es: Campaña | it: Campagna | pt: Campanha | nl: Campagne | ja: キャンペーン",
        reference="en: Campaign ID, campaign.id | de: Kampagnen-ID"
        " | fr: ID de campagne, ID de la campagne, Numéro de campagne | es: ID de campaña"
        " | it: ID campagna | pt: ID da campanha, Código da campanha | nl: Campagne-ID"
        " | ja: キャンペーン ID",
        amount="en: Cost, metrics.cost_micros | de: Kosten | fr: Coût | es: Coste, Costo"
        " | it: Costo | pt: Custo | nl: Kosten | ja: 費用",
        currency="en: Currency code, Currency, customer.currency_code | de: Währungscode, Währung"
        " | fr: Code de devise, Code de la devise, Devise | es: Código de moneda, Moneda"
        " | it: Codice valuta, Valuta | pt: Código da moeda, Moeda | nl: Valutacode, Valuta"
        " | ja: 通貨コード, 通貨",
        account="en: Customer ID, External customer ID, Account ID, customer.id, Account,"
        " Account name | de: Kundennummer, Kunden-ID, Konto, Kontoname"
        " | fr: Numéro client, ID client, Compte, Nom du compte"
        " | es: ID de cliente, Cuenta, Nombre de la cuenta"
        " | it: ID cliente, Account, Nome account | pt: ID do cliente, Código do cliente, Conta"
        " | nl: Klant-ID, Account, Accountnaam | ja: お客様 ID, アカウント, アカウント名",
        impressions="en: Impr., Impressions, metrics.impressions | nl: Vert. | ja: 表示回数",
        own="en: Currency code, Customer ID, External customer ID, Impr., metrics.cost_micros"
        " | de: Währungscode, Kundennummer | fr: Code de devise, Code de la devise, Numéro client"
        " | es: Código de moneda, ID de cliente | it: Codice valuta, ID cliente"
        " | pt: Código da moeda, ID do cliente | nl: Valutacode, Klant-ID"
        " | ja: お客様 ID",
    ),
    remedies={
        "date": "In Google Ads, segment the report by Time > Day and download it again",
        "amount": 'In Google Ads, add the column "Cost" and download the report again',
        "campaign": 'In Google Ads, add the column "Campaign ID" and download the report again',
    },
)
