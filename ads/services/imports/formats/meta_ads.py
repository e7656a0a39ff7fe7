"""Exports of Meta Ads Manager: one row for each campaign and day, if broken down by day.

The currency is in the name of the column, "Amount spent (USD)". A row of totals, first or last,
has no campaign. A campaign that did not deliver has no amount.

The names of campaigns, amounts and the reporting period are in public code that reads exports, in
all languages but German (there the amount alone) and Japanese (there all but the campaign). The
other names are the screens' and not verified on files.
"""

import re
from typing import Final

from ads.services.imports.formats.base import Format, table

#: "Results from 3 campaigns", in place of a campaign's name.
_RESULTS: Final = re.compile(
    r"(results from|ergebnisse (von|aus)|résultats (de|des)|resultados de|risultati (di|da)"
    r"|resultaten van)\b.*|.*件の(キャンペーンの)?結果",
    re.IGNORECASE,
)


class MetaAds(Format):
    """An export with at least Reporting starts (or Day), Campaign name and Amount spent."""

    def is_totals(self, first: str, name: str, reference: str, day: str) -> bool:
        del first, day
        return not reference and (not name or _RESULTS.fullmatch(name) is not None)

    def is_comparable(self, label: str) -> bool:
        del label
        return True


META_ADS = MetaAds(
    code="meta_ads",
    label="Meta Ads Manager export",
    platform="meta_ads",
    names=table(
        date="en: Day | de: Tag | fr: Jour | es: Día | it: Giorno | pt: Dia | nl: Dag | ja: 日",
        starts="en: Reporting starts, date_start | de: Berichtsstart | fr: Début des rapports"
        " | es: Inicio del informe | it: Inizio dei report | pt: Início dos relatórios"
        " | nl: Start rapportage, Begin rapportage | ja: レポート開始日",
        ends="en: Reporting ends, date_stop | de: Berichtsende | fr: Fin des rapports"
        " | es: Fin del informe | it: Fine dei report"
        " | pt: Encerramento dos relatórios, Término dos relatórios"
        " | nl: Einde rapportage | ja: レポート終了日",
        campaign="en: Campaign name, campaign_name | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de la campaña | it: Nome della campagna | pt: Nome da campanha"
        " | nl: Campagnenaam | ja: キャンペーン名",
        reference="en: Campaign ID, campaign_id | de: Kampagnen-ID"
        " | fr: ID de la campagne, Identifiant de la campagne"
        " | es: Identificador de la campaña, ID de la campaña"
        " | it: ID campagna, ID della campagna"
        " | pt: Identificação da campanha, ID da campanha | nl: Campagne-ID"
        " | ja: キャンペーンID",
        amount="en: Amount spent, spend | de: Ausgegebener Betrag | fr: Montant dépensé"
        " | es: Importe gastado | it: Importo speso | pt: Valor usado, Valor gasto, Montante gasto"
        " | nl: Besteed bedrag | ja: 消化金額",
        currency="en: Currency, account_currency | de: Währung | fr: Devise | es: Divisa, Moneda"
        " | it: Valuta | pt: Moeda | nl: Valuta | ja: 通貨",
        account="en: Account ID, Ad account ID, account_id, Account name"
        " | de: Konto-ID, Kontoname | fr: ID du compte, Nom du compte"
        " | es: Identificador de la cuenta, Nombre de la cuenta | it: ID account, Nome account"
        " | pt: Identificação da conta, Nome da conta | nl: Account-ID, Accountnaam"
        " | ja: アカウントID, アカウント名",
        impressions="en: Impressions | de: Impressionen | fr: Impressions | es: Impresiones"
        " | it: Impression | pt: Impressões | nl: Weergaven | ja: インプレッション",
        own="en: Reporting starts, Reporting ends, date_stop, Campaign delivery, Ad set delivery,"
        " Ad delivery | de: Berichtsstart, Berichtsende, Auslieferung der Kampagne"
        " | fr: Début des rapports, Fin des rapports, Diffusion de la campagne"
        " | es: Inicio del informe, Fin del informe, Entrega de la campaña"
        " | it: Inizio dei report, Fine dei report, Pubblicazione della campagna"
        " | pt: Início dos relatórios, Encerramento dos relatórios, Término dos relatórios,"
        " Veiculação da campanha | nl: Start rapportage, Begin rapportage, Einde rapportage"
        " | ja: レポート開始日, レポート終了日, キャンペーンの配信",
    ),
    remedies={
        "date": "In Ads Manager, choose Breakdown > By time > Day and export again",
        "amount": 'In Ads Manager, add the column "Amount spent" and export again',
        "campaign": 'In Ads Manager, add the column "Campaign ID" and export again',
    },
)
