"""Exports of Snapchat Ads Manager, recognised by its swipes and ad squads.

The English names are in public code that reads exports. The other languages' names are the
screens' and not verified on files.
"""

from ads.services.imports.formats.base import Format, table

SNAPCHAT_ADS = Format(
    code="snapchat_ads",
    label="Snapchat Ads Manager export",
    platform="snapchat_ads",
    names=table(
        date="en: Day, Date | de: Tag, Datum | fr: Jour, Date | es: Día, Fecha | it: Giorno, Data"
        " | pt: Dia, Data | nl: Dag, Datum | ja: 日, 日付",
        starts="en: Start time, Start date | de: Startzeit, Startdatum"
        " | fr: Heure de début, Date de début | es: Hora de inicio, Fecha de inicio"
        " | it: Ora di inizio, Data di inizio | pt: Hora de início, Data de início"
        " | nl: Starttijd, Startdatum | ja: 開始時刻, 開始日",
        ends="en: End time, End date | de: Endzeit, Enddatum | fr: Heure de fin, Date de fin"
        " | es: Hora de finalización, Fecha de finalización | it: Ora di fine, Data di fine"
        " | pt: Hora de término, Data de término | nl: Eindtijd, Einddatum | ja: 終了時刻, 終了日",
        campaign="en: Campaign Name | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de la campaña | it: Nome della campagna, Nome campagna"
        " | pt: Nome da campanha | nl: Campagnenaam | ja: キャンペーン名",
        reference="en: Campaign ID | de: Kampagnen-ID | fr: ID de la campagne"
        " | es: ID de la campaña | it: ID campagna | pt: ID da campanha | nl: Campagne-ID"
        " | ja: キャンペーンID",
        amount="en: Amount Spent, Spend | de: Ausgegebener Betrag, Ausgaben"
        " | fr: Montant dépensé, Dépenses | es: Importe gastado, Gasto"
        " | it: Importo speso, Spesa | pt: Valor gasto, Gasto | nl: Besteed bedrag, Uitgaven"
        " | ja: 消化金額, 支出額",
        currency="en: Currency | de: Währung | fr: Devise | es: Moneda | it: Valuta | pt: Moeda"
        " | nl: Valuta | ja: 通貨",
        account="en: Ad Account ID, Ad Account Name, Account Name",
        impressions="en: Impressions, Paid Impressions | de: Impressionen, Impressions"
        " | es: Impresiones | it: Impressioni | pt: Impressões | nl: Weergaven"
        " | ja: インプレッション",
        own="en: Swipe Ups, Swipe Up Rate, eCPSU, Ad Squad, Ad Squad Name, Ad Squad ID"
        " | de: Swipe-ups | es: Deslizamientos hacia arriba | nl: Swipe-ups | ja: スワイプアップ",
    ),
    remedies={
        "date": "In Snapchat Ads Manager, export with the time breakdown Day",
        "amount": 'In Snapchat Ads Manager, add the column "Amount Spent" and export again',
        "campaign": 'In Snapchat Ads Manager, add the column "Campaign ID" and export again',
    },
)
