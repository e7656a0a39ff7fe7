"""Exports of Pinterest Ads, whose column of amounts is "Spend in account currency".

The English names and the API's are in public code that reads exports. The other languages' names
are the screens' and not verified on files.
"""

from ads.services.imports.formats.base import Format, table

_AMOUNT = (
    "en: Spend in account currency, SPEND_IN_DOLLAR, SPEND_IN_MICRO_DOLLAR"
    " | de: Ausgaben in Kontowährung | fr: Dépenses dans la devise du compte"
    " | es: Gasto en la moneda de la cuenta, Inversión en la moneda de la cuenta"
    " | it: Spesa nella valuta dell'account | pt: Gasto na moeda da conta,"
    " Gastos na moeda da conta | nl: Uitgaven in accountvaluta"
    " | ja: アカウント通貨での費用, アカウントの通貨での支出額"
)

PINTEREST_ADS = Format(
    code="pinterest_ads",
    label="Pinterest Ads export",
    platform="pinterest_ads",
    names=table(
        date="en: Date | de: Datum | fr: Date | es: Fecha | it: Data | pt: Data | nl: Datum"
        " | ja: 日付",
        starts="en: Date range start, Start date | de: Startdatum | fr: Date de début"
        " | es: Fecha de inicio | it: Data di inizio | pt: Data de início | nl: Startdatum"
        " | ja: 開始日",
        ends="en: Date range end, End date | de: Enddatum | fr: Date de fin"
        " | es: Fecha de finalización | it: Data di fine | pt: Data de término | nl: Einddatum"
        " | ja: 終了日",
        campaign="en: Campaign name, CAMPAIGN_NAME | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de la campaña | it: Nome della campagna, Nome campagna"
        " | pt: Nome da campanha | nl: Campagnenaam | ja: キャンペーン名",
        reference="en: Campaign ID, CAMPAIGN_ID | de: Kampagnen-ID | fr: ID de la campagne"
        " | es: ID de la campaña | it: ID campagna | pt: ID da campanha | nl: Campagne-ID"
        " | ja: キャンペーン ID",
        amount=_AMOUNT,
        currency="en: Currency, Account currency | de: Währung | fr: Devise | es: Moneda"
        " | it: Valuta | pt: Moeda | nl: Valuta | ja: 通貨",
        account="en: Ad account ID, AD_ACCOUNT_ID, Advertiser ID, Ad account name",
        impressions="en: Impressions, Paid impressions | de: Impressionen, Impressions"
        " | es: Impresiones | it: Impression | pt: Impressões | nl: Weergaven"
        " | ja: インプレッション",
        own=_AMOUNT,
    ),
    remedies={
        "date": "In Pinterest Ads, export the report by day",
        "amount": 'In Pinterest Ads, add the column "Spend in account currency" and export again',
        "campaign": 'In Pinterest Ads, add the column "Campaign ID" and export again',
    },
)
