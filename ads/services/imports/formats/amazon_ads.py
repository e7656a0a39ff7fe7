"""Reports of Amazon Ads: amounts with a currency sign, "$1,012.34".

The English names are in public documentation and code that reads reports, and some German ones
(Kampagnenname, Ausgaben). The other languages' names are the screens' and not verified on files.
"""

from ads.services.imports.formats.base import Format, table

AMAZON_ADS = Format(
    code="amazon_ads",
    label="Amazon Ads report",
    platform="amazon_ads",
    names=table(
        date="en: Date | de: Datum | fr: Date | es: Fecha | it: Data | pt: Data | nl: Datum"
        " | ja: 日付",
        starts="en: Start Date | de: Startdatum | fr: Date de début | es: Fecha de inicio"
        " | it: Data di inizio | pt: Data de início | nl: Startdatum | ja: 開始日",
        ends="en: End Date | de: Enddatum | fr: Date de fin"
        " | es: Fecha de finalización, Fecha de fin | it: Data di fine"
        " | pt: Data de término, Data final | nl: Einddatum | ja: 終了日",
        campaign="en: Campaign Name | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de campaña, Nombre de la campaña | it: Nome campagna, Nome della campagna"
        " | pt: Nome da campanha | nl: Campagnenaam, Naam van campagne | ja: キャンペーン名",
        reference="en: Campaign ID | de: Kampagnen-ID | fr: ID de campagne | es: ID de campaña"
        " | it: ID campagna | pt: ID da campanha | nl: Campagne-ID | ja: キャンペーンID",
        amount="en: Spend, Total cost | de: Ausgaben | fr: Dépenses, Dépense"
        " | es: Gasto, Inversión | it: Spesa | pt: Gasto, Gastos | nl: Uitgaven, Besteding"
        " | ja: 広告費",
        currency="en: Currency, Budget currency | de: Währung | fr: Devise | es: Divisa, Moneda"
        " | it: Valuta | pt: Moeda | nl: Valuta | ja: 通貨",
        account="en: Advertiser account ID, Advertiser account name, Account name",
        impressions="en: Impressions | de: Impressionen, Impressions | es: Impresiones"
        " | it: Impressioni | pt: Impressões | nl: Weergaven | ja: インプレッション",
        own="en: Portfolio name, Total Advertising Cost of Sales (ACOS),"
        " Total Advertising Cost of Sales (ACOS) (%), Total Return on Advertising Spend (ROAS),"
        " 7 Day Total Sales, 14 Day Total Sales"
        " | de: Portfolioname, Name des Portfolios | fr: Nom du portefeuille, Nom du portfolio"
        " | es: Nombre de portafolio, Nombre del portafolio, Nombre de la cartera"
        " | it: Nome portafoglio, Nome del portafoglio | pt: Nome do portfólio"
        " | nl: Portfolionaam, Naam portfolio | ja: ポートフォリオ名",
    ),
    remedies={
        "date": "In Amazon Ads, create the report with the unit of time Daily",
        "amount": 'In Amazon Ads, create a report with the column "Spend"',
        "campaign": "In Amazon Ads, create a campaign report",
    },
)
