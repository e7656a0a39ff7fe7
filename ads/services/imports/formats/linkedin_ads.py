"""Reports of LinkedIn Campaign Manager: UTF-16 with tabs, titles above the header, days in UTC.

The English names and titles are in public code that reads reports. The other languages' names are
the screens' and not verified on files. The day is in the column of the period's start.
"""

from collections.abc import Sequence

from ads.services.imports.formats.base import Format, Rows, normal, table


class LinkedInAds(Format):
    """A report with at least Start Date, Campaign Name (or Campaign ID) and Total Spent."""

    def shows(self, seen: frozenset[str], titles: Sequence[str], rows: Rows) -> bool:
        del rows
        above = {normal(line.strip('"').partition(":")[0]) for line in titles}
        return {"report start", "report end"} <= above and self.fits(seen)


LINKEDIN_ADS = LinkedInAds(
    code="linkedin_ads",
    label="LinkedIn Campaign Manager report",
    platform="linkedin_ads",
    names=table(
        date="en: Day (in UTC), Date (in UTC)",
        starts="en: Start Date (in UTC), Start Date | de: Startdatum (in UTC), Startdatum"
        " | fr: Date de début (en UTC), Date de début"
        " | es: Fecha de inicio (en UTC), Fecha de inicio"
        " | it: Data di inizio (in UTC), Data di inizio"
        " | pt: Data de início (em UTC), Data de início | nl: Startdatum (in UTC), Startdatum"
        " | ja: 開始日 (UTC), 開始日",
        ends="en: End Date (in UTC), End Date | de: Enddatum (in UTC), Enddatum"
        " | fr: Date de fin (en UTC), Date de fin"
        " | es: Fecha de finalización (en UTC), Fecha de finalización"
        " | it: Data di fine (in UTC), Data di fine | pt: Data de término (em UTC),"
        " Data de término | nl: Einddatum (in UTC), Einddatum | ja: 終了日 (UTC), 終了日",
        campaign="en: Campaign Name | de: Kampagnenname | fr: Nom de la campagne"
        " | es: Nombre de la campaña | it: Nome della campagna, Nome campagna"
        " | pt: Nome da campanha | nl: Campagnenaam | ja: キャンペーン名",
        reference="en: Campaign ID | de: Kampagnen-ID | fr: ID de la campagne, ID de campagne"
        " | es: ID de la campaña, ID de campaña | it: ID campagna | pt: ID da campanha"
        " | nl: Campagne-ID | ja: キャンペーンID",
        amount="en: Total Spent | de: Gesamtausgaben, Ausgaben insgesamt"
        " | fr: Total dépensé, Montant total dépensé | es: Total gastado, Gasto total"
        " | it: Totale speso, Spesa totale | pt: Total gasto, Gasto total"
        " | nl: Totaal besteed, Totaal uitgegeven | ja: 合計費用, 費用合計",
        currency="en: Currency | de: Währung | fr: Devise | es: Moneda, Divisa | it: Valuta"
        " | pt: Moeda | nl: Valuta | ja: 通貨",
        account="en: Account ID, Account Name | de: Konto-ID, Kontoname"
        " | fr: ID du compte, Nom du compte | es: ID de la cuenta, Nombre de la cuenta"
        " | it: ID account, Nome account | pt: ID da conta, Nome da conta"
        " | nl: Account-ID, Accountnaam | ja: アカウントID, アカウント名",
        impressions="en: Impressions | de: Impressionen, Impressions | es: Impresiones"
        " | it: Impressioni | pt: Impressões | nl: Weergaven | ja: インプレッション数",
        own="en: Start Date (in UTC), Day (in UTC), Campaign Group Name, Campaign Group ID"
        " | de: Startdatum (in UTC), Kampagnengruppenname, Name der Kampagnengruppe"
        " | fr: Date de début (en UTC), Nom du groupe de campagnes"
        " | es: Fecha de inicio (en UTC), Nombre del grupo de campañas"
        " | it: Data di inizio (in UTC), Nome gruppo di campagne, Nome del gruppo di campagne"
        " | pt: Data de início (em UTC), Nome do grupo de campanhas"
        " | nl: Startdatum (in UTC), Naam campagnegroep | ja: 開始日 (UTC), キャンペーングループ名",
    ),
    remedies={
        "date": "In Campaign Manager, choose the time breakdown Daily and export again",
        "amount": 'In Campaign Manager, export the report "Campaign performance", which has the '
        'column "Total Spent"',
        "campaign": 'In Campaign Manager, export the report "Campaign performance", which has the '
        'column "Campaign ID"',
    },
)
