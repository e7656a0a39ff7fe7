"""Exports of Reddit Ads, recognised by its ad groups' spelling, votes and watches.

The English names are in public code and notes on exports; ids may have an apostrophe before them.
The other languages' names are the screens' and not verified on files.
"""

from ads.services.imports.formats.base import Format, table

REDDIT_ADS = Format(
    code="reddit_ads",
    label="Reddit Ads export",
    platform="reddit_ads",
    names=table(
        date="en: Date, Day | de: Datum | fr: Date | es: Fecha | it: Data | pt: Data | nl: Datum"
        " | ja: 日付",
        starts="en: Start date | de: Startdatum | fr: Date de début | es: Fecha de inicio"
        " | it: Data di inizio | pt: Data de início | nl: Startdatum | ja: 開始日",
        ends="en: End date | de: Enddatum | fr: Date de fin | es: Fecha de finalización"
        " | it: Data di fine | pt: Data de término | nl: Einddatum | ja: 終了日",
        campaign="en: Campaign Name | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de la campaña | it: Nome della campagna, Nome campagna"
        " | pt: Nome da campanha | nl: Campagnenaam | ja: キャンペーン名",
        reference="en: Campaign ID | de: Kampagnen-ID | fr: ID de campagne | es: ID de campaña"
        " | it: ID campagna | pt: ID da campanha | nl: Campagne-ID | ja: キャンペーンID",
        amount="en: Amount Spent, Spend | de: Ausgegebener Betrag | fr: Montant dépensé"
        " | es: Importe gastado | it: Importo speso | pt: Valor gasto | nl: Besteed bedrag"
        " | ja: 消化金額",
        currency="en: Currency | de: Währung | fr: Devise | es: Moneda | it: Valuta | pt: Moeda"
        " | nl: Valuta | ja: 通貨",
        account="en: Ad Account ID, Account ID, Ad Account Name, Account Name",
        impressions="en: Impressions | de: Impressionen, Impressions | es: Impresiones"
        " | it: Impressioni | pt: Impressões | nl: Weergaven | ja: インプレッション",
        own="en: AD_GROUP ID, AD_GROUP Name, Subreddit, Comment Upvotes, Comment Downvotes,"
        " Watches at 25%, Watches at 50%, Watches at 75%",
    ),
    remedies={
        "date": "In Reddit Ads, export the report broken down by day",
        "amount": 'In Reddit Ads, add the column "Amount Spent" and export again',
        "campaign": 'In Reddit Ads, add the column "Campaign ID" and export again',
    },
)
