"""Exports of X Ads (formerly Twitter), recognised by their funding sources.

The names are those of the product's help pages and its API; none but the API's were found in files.
"""

from ads.services.imports.formats.base import Format, table

X_ADS = Format(
    code="x_ads",
    label="X Ads export",
    platform="x_ads",
    names=table(
        date="en: Time period, Date, Day | de: Zeitraum, Datum, Tag | fr: Période, Date, Jour"
        " | es: Período, Periodo, Fecha, Día | it: Periodo, Data, Giorno | pt: Período, Data, Dia"
        " | nl: Periode, Datum, Dag | ja: 期間, 日付, 日",
        campaign="en: Campaign name, Campaign | de: Kampagnenname, Kampagne"
        " | fr: Nom de la campagne, Campagne | es: Nombre de la campaña, Campaña"
        " | it: Nome della campagna, Campagna | pt: Nome da campanha, Campanha"
        " | nl: Campagnenaam, Campagne | ja: キャンペーン名, キャンペーン",
        reference="en: Campaign ID | de: Kampagnen-ID | fr: ID de la campagne"
        " | es: ID de la campaña | it: ID campagna | pt: ID da campanha | nl: Campagne-ID"
        " | ja: キャンペーンID",
        amount="en: Spend, billed_charge_local_micro | de: Ausgaben | fr: Dépenses | es: Gasto"
        " | it: Spesa | pt: Gasto, Gastos | nl: Uitgaven | ja: 消化金額, 費用",
        currency="en: Currency | de: Währung | fr: Devise | es: Moneda | it: Valuta | pt: Moeda"
        " | nl: Valuta | ja: 通貨",
        account="en: Account ID, Ads account ID, Account name",
        impressions="en: Impressions | de: Impressionen, Impressions | es: Impresiones"
        " | it: Impressioni, Impression | pt: Impressões | nl: Weergaven | ja: インプレッション",
        own="en: Funding source, Funding source name, Funding source ID, Funding instrument,"
        " billed_charge_local_micro, Tweet engagements, Post engagements"
        " | de: Finanzierungsquelle, Name der Finanzierungsquelle"
        " | fr: Source de financement, Nom de la source de financement"
        " | es: Fuente de financiación, Fuente de financiamiento"
        " | it: Fonte di finanziamento | pt: Fonte de financiamento, Fonte de pagamento"
        " | nl: Financieringsbron | ja: 資金源",
    ),
    remedies={
        "date": "In X Ads, export with the time segment Day",
        "amount": 'In X Ads, add the column "Spend" and export again',
        "campaign": 'In X Ads, add the column "Campaign ID" and export again',
    },
)
