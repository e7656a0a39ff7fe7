"""Exports of TikTok Ads Manager: "Total of 2 results" below the rows.

The English names, the API's names and the line of totals are in public code that reads exports.
The other languages' names are the screens' and not verified on files. Many exports have no column
that is TikTok's alone: then only the line of totals shows whose they are.
"""

import re
from collections.abc import Sequence
from typing import Final

from ads.services.imports.formats.base import BLANK, Format, Rows, table

_TOTALS: Final = re.compile(
    r"(total|insgesamt|gesamt|totale|totaal)\b\D*[0-9][0-9.,]*\s+"
    r"(results?|ergebnisse?n?|résultats?|resultados?|risultat[oi]|resultaten|resultaat)"
    r"|(合計|計)?\s*[0-9][0-9.,]*\s*件の結果(の合計)?",
    re.IGNORECASE,
)


class TikTokAds(Format):
    """An export with at least Date, Campaign name (or Campaign ID) and Cost."""

    def shows(self, seen: frozenset[str], titles: Sequence[str], rows: Rows) -> bool:
        del titles
        return self.fits(seen) and any(row and _TOTALS.fullmatch(row[0].strip()) for row in rows())

    def is_totals(self, first: str, name: str, reference: str, day: str) -> bool:
        is_results = _TOTALS.fullmatch(first) is not None and (day in BLANK or day == first)
        return is_results or super().is_totals(first, name, reference, day)


TIKTOK_ADS = TikTokAds(
    code="tiktok_ads",
    label="TikTok Ads Manager export",
    platform="tiktok_ads",
    names=table(
        date="en: Date, By Day, stat_time_day | de: Datum, Tag | fr: Date, Jour | es: Fecha, Día"
        " | it: Data, Giorno | pt: Data, Dia | nl: Datum, Dag | ja: 日付, 日",
        campaign="en: Campaign name, campaign_name | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de la campaña | it: Nome della campagna, Nome campagna"
        " | pt: Nome da campanha | nl: Campagnenaam | ja: キャンペーン名",
        reference="en: Campaign ID, campaign_id | de: Kampagnen-ID"
        " | fr: ID de campagne, ID de la campagne | es: ID de campaña, ID de la campaña"
        " | it: ID campagna | pt: ID da campanha | nl: Campagne-ID | ja: キャンペーンID",
        amount="en: Cost, spend | de: Kosten | fr: Coût | es: Coste, Costo | it: Costo"
        " | pt: Custo | nl: Kosten | ja: 消化金額, コスト, 費用",
        currency="en: Currency | de: Währung | fr: Devise | es: Moneda, Divisa | it: Valuta"
        " | pt: Moeda | nl: Valuta | ja: 通貨",
        account="en: Account ID, advertiser_id, Account name | de: Konto-ID, Kontoname"
        " | fr: ID du compte, Nom du compte | es: ID de cuenta, Nombre de la cuenta"
        " | it: ID account, Nome account | pt: ID da conta, Nome da conta"
        " | nl: Account-ID, Accountnaam | ja: アカウントID, アカウント名",
        impressions="en: Impressions, Impression | de: Impressionen, Impressions"
        " | es: Impresiones | it: Impressioni | pt: Impressões | nl: Weergaven"
        " | ja: インプレッション, インプレッション数",
        own="en: Clicks (destination), CTR (destination), CPC (destination), By Day,"
        " 2-second video views, 6-second video views, stat_time_day, stat_time_hour"
        " | de: Klicks (Ziel), CTR (Ziel), CPC (Ziel) | es: Clics (destino), CTR (destino)"
        " | it: Clic (destinazione), CTR (destinazione) | pt: Cliques (destino)"
        " | nl: Klikken (bestemming)",
    ),
    remedies={
        "date": "In TikTok Ads Manager, add the dimension Time > By day and export again",
        "amount": 'In TikTok Ads Manager, add the column "Cost" and export again',
        "campaign": 'In TikTok Ads Manager, add the column "Campaign ID" and export again',
    },
)
