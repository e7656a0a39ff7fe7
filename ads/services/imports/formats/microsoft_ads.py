"""Reports of Microsoft Advertising: labelled lines above, a copyright notice below the rows.

The API's column names (TimePeriod, CampaignName), the preamble and the notice are in its public
documentation and in public code that reads reports. The names of the web pages' downloads, English
ones included, are the screens' and not verified on files.
"""

import re
from collections.abc import Sequence
from typing import Final

from ads.services.imports.formats.base import Format, Rows, table

_AGGREGATION: Final = re.compile(r'"?Report Aggregation:[" ,]*(\w+).*', re.IGNORECASE)
_PREAMBLE: Final = re.compile(
    r'"?(Report Aggregation|Last Completed Available (Day|Hour)|Potential Incomplete Data):.*',
    re.IGNORECASE,
)
_INCOMPLETE: Final = re.compile(r'"?Potential Incomplete Data:[" ,]*true\b.*', re.IGNORECASE)


class MicrosoftAds(Format):
    """A report with at least TimePeriod (or a day), CampaignName (or CampaignId) and Spend."""

    def shows(self, seen: frozenset[str], titles: Sequence[str], rows: Rows) -> bool:
        del seen
        return any(_PREAMBLE.match(line) for line in titles) or any(
            "Microsoft Corporation" in row[0] and self.is_footer(row) for row in rows() if row
        )

    def covers(self, titles: Sequence[str]) -> str:
        for line in titles:
            found = _AGGREGATION.match(line)
            if found and found[1].casefold() not in {"daily", "hourly"}:
                return found[1].casefold()
        return ""

    def caveat(self, titles: Sequence[str]) -> str:
        if not any(_INCOMPLETE.match(line) for line in titles):
            return ""
        return (
            "Microsoft Advertising says that the figures may be incomplete (Potential Incomplete "
            "Data). Import the report again later: its newer totals replace these."
        )


MICROSOFT_ADS = MicrosoftAds(
    code="microsoft_ads",
    label="Microsoft Advertising report",
    platform="microsoft_ads",
    names=table(
        date="en: TimePeriod, GregorianDate, Gregorian date, Day, Date | de: Tag, Datum"
        " | fr: Jour, Date | es: Día, Fecha | it: Giorno, Data | pt: Dia, Data | nl: Dag, Datum"
        " | ja: 日, 日付",
        campaign="en: CampaignName, Campaign name, Campaign | de: Kampagne, Kampagnenname"
        " | fr: Campagne, Nom de la campagne | es: Campaña, Nombre de la campaña"
        " | it: Campagna, Nome campagna | pt: Campanha, Nome da campanha"
        " | nl: Campagne, Campagnenaam | ja: キャンペーン, キャンペーン名",
        reference="en: CampaignId, Campaign ID | de: Kampagnen-ID | fr: ID de campagne"
        " | es: Id. de campaña, ID de campaña | it: ID campagna | pt: ID da campanha"
        " | nl: Campagne-ID | ja: キャンペーン ID",
        amount="en: Spend | de: Ausgaben | fr: Dépenses, Dépense | es: Gasto, Inversión"
        " | it: Spesa | pt: Gasto, Gastos | nl: Uitgaven, Besteding | ja: 費用, 支出額",
        currency="en: CurrencyCode, Currency code, Currency | de: Währungscode, Währung"
        " | fr: Code de devise, Devise | es: Código de moneda, Moneda"
        " | it: Codice valuta, Valuta | pt: Código da moeda, Moeda | nl: Valutacode, Valuta"
        " | ja: 通貨コード, 通貨",
        account="en: AccountId, AccountNumber, Account ID, Account number, AccountName,"
        " Account name | de: Kontonummer, Kontoname | fr: Numéro de compte, Nom du compte"
        " | es: Número de cuenta, Nombre de cuenta | it: Numero account, Nome account"
        " | pt: Número da conta, Nome da conta | nl: Accountnummer, Accountnaam"
        " | ja: アカウント番号, アカウント名",
        impressions="en: Impressions, Impr. | de: Impressionen | es: Impresiones | it: Impressioni"
        " | pt: Impressões | nl: Vertoningen | ja: 表示回数",
        own="en: TimePeriod, GregorianDate, Gregorian date, AccountNumber",
    ),
    remedies={
        "date": "In Microsoft Advertising, choose the unit of time Day and download the report "
        "again",
        "amount": 'In Microsoft Advertising, add the column "Spend" and download the report again',
        "campaign": 'In Microsoft Advertising, add the column "Campaign ID" and download the '
        "report again",
    },
)
