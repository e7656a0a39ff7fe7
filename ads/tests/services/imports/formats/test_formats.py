"""Whose report a file is: known by what only that platform writes, and never guessed."""

from decimal import Decimal
from itertools import permutations

import pytest

from ads.services.imports.formats import FORMATS, PLATFORMS, Format, bare
from ads.services.imports.formats.base import LANGUAGES
from ads.services.imports.plan import Plan
from ads.services.imports.reading import HEAD, sniff
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, waiting

#: One file of each platform, with its first day's campaign, and the amount of that.
FILES = {
    "google_ads": [
        "Campaign performance",
        '"May 1, 2024 - May 2, 2024"',
        "Day,Campaign,Campaign type,Impr.,Cost",
        '2024-05-01,Search,Search,"1,204","$1,172.45"',
        'Total: All campaigns,,,"1,204","$1,172.45"',
    ],
    "meta_ads": [
        "Reporting starts,Reporting ends,Campaign name,Campaign delivery,Amount spent (USD)",
        "2024-05-01,2024-05-01,,0,1172.45",
        "2024-05-01,2024-05-01,Search,active,1172.45",
    ],
    "microsoft_ads": [
        '"Report Name: Campaign performance"',
        '"Report Aggregation: Daily"',
        '"Rows: 1"',
        "",
        '"TimePeriod","AccountName","CampaignName","CurrencyCode","Spend"',
        '"2024-05-01","Acme","Search","USD","1,172.45"',
        '"@2024 Microsoft Corporation. All rights reserved. "',
    ],
    "tiktok_ads": [
        "Date,Campaign name,Cost,Impressions,Currency",
        "2024-05-01,Search,1172.45,1000,USD",
        "Total of 1 results,-,1172.45,1000,USD",
    ],
    "linkedin_ads": [
        '"Campaign Performance Report (in UTC)"',
        '"Report Start: May 1, 2024"',
        '"Report End: May 1, 2024"',
        "",
        "Start Date (in UTC)\tAccount Name\tCurrency\tCampaign Name\tTotal Spent",
        '5/1/2024\tAcme\tUSD\tSearch\t"1,172.45"',
    ],
    "amazon_ads": [
        '"Date","Portfolio name","Currency","Campaign Name","Spend"',
        '"May 1, 2024"," ","USD","Search","$1,172.45"',
    ],
    "pinterest_ads": [
        "Date,Campaign name,Spend in account currency,Impressions",
        '5/31/2023,Early,1.00,1\n2024-05-01,Search,"1,172.45",1000',
    ],
    "snapchat_ads": [
        "Day,Campaign Name,Amount Spent,Paid Impressions,Swipe Ups",
        "2024-05-01,Search,1172.45,1000,3",
    ],
    "reddit_ads": [
        "Date,Campaign Name,Comment Upvotes,Amount Spent (USD),eCPM (USD)",
        "2024-05-01,Search,123,1172.45,2.10",
    ],
    "x_ads": [
        "Time period,Campaign name,Funding source name,Currency,Spend",
        "2024-05-01,Search,Card,USD,1172.45",
    ],
}


def looks(lines: list[str], plan: Plan | None = None) -> str:
    return sniff("".join(f"{line}\n" for line in lines).encode()[:HEAD], plan).format


def test_there_is_a_file_of_every_platform() -> None:
    assert list(FILES) == [each.code for each in PLATFORMS]
    assert all(len(each.code) <= 20 for each in PLATFORMS)


@pytest.mark.django_db
@pytest.mark.parametrize("code", FILES)
def test_a_report_of_every_platform_is_recognised_and_recorded_without_its_totals(
    code: str,
) -> None:
    CampaignFactory.create(name="Search")

    assert looks(FILES[code]) == code
    recorded(FILES[code])

    assert ledger() == {("Search", "2024-05-01"): Decimal("1172.45")}


@pytest.mark.parametrize("code", FILES)
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_delimiter_and_encoding_do_not_matter(code: str, delimiter: str) -> None:
    old = "\t" if code == "linkedin_ads" else ","
    lines = [
        line if line.startswith('"') or old not in line else line.replace(old, delimiter)
        for line in FILES[code]
    ]
    text = "".join(f"{line}\r\n" for line in lines)

    assert sniff(text.encode("utf-16")).format == looks(lines)


@pytest.mark.parametrize(
    "header",
    [
        "Campaign name,Day,Amount spent (USD),Impressions",
        "Campaign Name,Day,Amount spent (USD),Impressions",
        "Jour;Nom de la campagne;Montant dépensé (USD);Impressions",
        "Date,Campaign name,Campaign ID,Cost,Impressions,Currency",
        "Date,Campaign,Cost",
        "Date,Campaign,Campaign ID,Spend,Currency",
        "Date,Account number,Community,Campaign,Spend",
        "date,campaignName,spend",
        "Date;Kampagne;Kosten",
        "日付,キャンペーン名,費用",
    ],
)
def test_a_file_of_which_nobody_can_know_is_given_no_platform(header: str) -> None:
    cells = header.count(",") + header.count(";")
    row = ("," if "," in header else ";") * cells

    found = sniff(f"{header}\n{row}\n".encode())

    assert found.format == "mapped"


@pytest.mark.django_db
def test_whose_file_it_may_be_is_suggested_and_the_format_can_be_said() -> None:
    lines = ["Campaign name,Day,Amount spent (USD)", "Search,2024-05-01,7.00"]
    CampaignFactory.create(name="Search")

    said = refused(lines)
    assert "may be a Meta Ads Manager export, a Snapchat Ads Manager export or a Reddit" in said
    assert "--format meta_ads or --format snapchat_ads" in said
    assert "choose that format." in sniff("\n".join(lines).encode()).notes[0]

    recorded(lines, Plan(format="snapchat_ads"))
    assert ledger() == {("Search", "2024-05-01"): 7}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_one_platforms_own_no_other_has_beside_the_same_amounts(language: str) -> None:
    for one, other in permutations(PLATFORMS, 2):
        if said(one, language, "amount") & said(other, language, "amount"):
            theirs = set().union(*(said(other, language, field) for field in other.names))
            assert not said(one, language, "own") & theirs, (one.code, other.code)


def said(format_: Format, language: str, field: str) -> set[str]:
    return set(map(bare, format_.names.get(field, {}).get(language, ())))


@pytest.mark.parametrize("code", [each.code for each in PLATFORMS])
@pytest.mark.parametrize("field", ["campaign", "amount"])
def test_every_platforms_columns_are_known_in_eight_languages(code: str, field: str) -> None:
    assert set(FORMATS[code].names[field]) == set(LANGUAGES)


GOOGLE = {
    "de": (
        ["Kampagnenbericht", "1. Mai 2024 - 2. Mai 2024"],
        ["Tag;Kampagne;Kampagnen-ID;Währungscode;Kosten"],
        "01.05.2024;Search;1;USD;1.172,45",
        "Gesamt: Konto; --; --; --;1.172,45",
    ),
    "fr": (
        ["Rapport sur les campagnes", "1 mai 2024 - 2 mai 2024"],
        ["Jour;Campagne;ID de campagne;Code de devise;Coût"],
        "01/05/2024;Search;1;USD;1\u202f172,45",
        "Total : compte; --; --; --;1\u202f172,45",
    ),
    "es": (
        ["Informe de campañas", "1 de mayo de 2024 - 2 de mayo de 2024"],
        ["Día;Campaña;ID de campaña;Código de moneda;Coste"],
        "1 may 2024;Search;1;USD;1.172,45",
        "Total: campañas; --; --; --;1.172,45",
    ),
    "it": (
        ["Report sulle campagne", "1 maggio 2024 - 2 maggio 2024"],
        ["Giorno;Campagna;ID campagna;Codice valuta;Costo"],
        "1 mag 2024;Search;1;USD;1.172,45",
        "Totale: account; --; --; --;1.172,45",
    ),
    "pt": (
        ["Relatório de campanhas", "1 de maio de 2024 - 2 de maio de 2024"],
        ["Dia;Campanha;ID da campanha;Código da moeda;Custo"],
        "1 de mai. de 2024;Search;1;USD;1.172,45",
        "Total: conta; --; --; --;1.172,45",
    ),
    "nl": (
        ["Campagnerapport", "1 mei 2024 - 2 mei 2024"],
        ["Dag;Campagne;Campagne-ID;Valutacode;Kosten"],
        "01-05-2024;Search;1;USD;1.172,45",
        "Totaal: account; --; --; --;1.172,45",
    ),
    "ja": (
        ["キャンペーン レポート", "2024年5月1日 - 2024年5月2日"],
        ["日;お客様 ID;キャンペーン;キャンペーン ID;通貨コード;費用"],
        "2024年5月1日;;Search;1;USD;1,172.45",
        "合計: アカウント; --; --; --; --;1,172.45",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", GOOGLE)
def test_google_ads_reports_are_read_in_their_languages(language: str) -> None:
    titles, header, row, totals = GOOGLE[language]
    lines = [*titles, *header, row, totals]

    preview = previewed(lines)
    assert looks(lines) == looks([*header, row]) == "google_ads"
    assert [(line.amount, line.agrees) for line in preview.totals_lines] == [
        (Decimal("1172.45"), True)
    ]

    recorded(lines)
    assert waiting() == {("", "1", "2024-05-01"): Decimal("1172.45")}


META = {
    "de": "Berichtsstart;Berichtsende;Kampagnenname;Ausgegebener Betrag (USD)",
    "fr": "Début des rapports;Fin des rapports;Nom de la campagne;Montant dépensé (USD)",
    "es": "Inicio del informe;Fin del informe;Nombre de la campaña;Importe gastado (USD)",
    "it": "Inizio dei report;Fine dei report;Nome della campagna;Importo speso (USD)",
    "pt": "Início dos relatórios;Encerramento dos relatórios;Nome da campanha;Valor usado (USD)",
    "nl": "Start rapportage;Einde rapportage;Campagnenaam;Besteed bedrag (USD)",
    "ja": "レポート開始日;レポート終了日;キャンペーン名;消化金額（USD）",
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", META)
def test_meta_exports_are_read_in_their_languages(language: str) -> None:
    row = "2024-05-01;2024-05-01;Search;1172.45"

    assert looks([META[language], row]) == "meta_ads"
    recorded([META[language], ";;;1172.45", row])

    assert waiting() == {("", "Search", "2024-05-01"): Decimal("1172.45")}
    assert "which is not one day" in refused([META[language], row.replace("-01;S", "-09;S")])


@pytest.mark.django_db
def test_an_order_of_day_and_month_follows_from_the_language_or_from_the_dates() -> None:
    french = ["Jour;Campagne;Code de devise;Coût", "03/04/2024;A;USD;1,50"]
    english = ["Day;Campaign;Currency code;Cost", "03/04/2024;A;USD;1.50"]

    assert previewed(french).first_date.isoformat() == "2024-04-03"
    assert "Which is the day and which the month?" in refused(english)
    assert previewed([*english, "25/04/2024;A;USD;1.50"]).first_date.isoformat() == "2024-04-03"
    assert previewed([*english, "04/25/2024;A;USD;1.50"]).first_date.isoformat() == "2024-03-04"
    assert "is not a date" in refused([*english, "25/04/2024;A;USD;1.50", "04/25/2024;A;USD;1.50"])
    # Or from the period that the lines above name.
    titles = ["Report", '"March 1, 2024 - March 31, 2024"']
    assert previewed([*titles, *english]).first_date.isoformat() == "2024-03-04"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "Start Date,End Date,Portfolio name,Campaign Name,Spend",
        "Start time,End time,Swipe Ups,Campaign Name,Spend",
        "Date range start,Date range end,x,Campaign name,Spend in account currency",
        "Start Date (in UTC),End Date (in UTC),x,Campaign Name,Total Spent",
        "Startdatum,Enddatum,Portfolioname,Kampagnenname,Ausgaben",
    ],
)
def test_rows_with_a_start_and_an_end_are_days_or_refused(header: str) -> None:
    assert "covers 2024-04-01 to 2024-04-28" in refused(
        [header, "2024-04-01,2024-04-28,-,Search,700.50"]
    )
    assert recorded([header, "2024-04-28,2024-04-28,-,Search,700.50"]).waiting_rows == 1


@pytest.mark.django_db
@pytest.mark.parametrize("period", ["Month", "Week", "Monat", "mois", "月"])
def test_a_month_that_is_mapped_as_the_day_is_refused(period: str) -> None:
    CampaignFactory.create(name="Search")
    lines = [f"{period},Campaign,Cost", "2024-03-01,Search,700.50", "2024-04-01,Search,1.50"]
    mapped = {"date": period, "campaign": "Campaign", "amount": "Cost"}

    assert f'The only dates are in the column "{period}"' in refused(lines, Plan(mapping=mapped))
    assert recorded(lines, Plan(mapping=mapped, is_daily=True)).rows == 2


@pytest.mark.django_db
def test_a_microsoft_report_that_is_not_daily_is_refused_with_the_remedy() -> None:
    lines = [line.replace("Daily", "Weekly") for line in FILES["microsoft_ads"]]

    said = refused(lines)

    assert "the report is weekly" in said
    assert "choose the unit of time Day" in said


@pytest.mark.django_db
def test_an_hourly_microsoft_report_is_read_once_its_column_is_chosen_as_the_hour() -> None:
    CampaignFactory.create(name="Search", brand__timezone="America/New_York")
    titles = ['"Time Zone: (GMT-05:00) Eastern Time (US & Canada)"', '"Report Aggregation: Hourly"']
    rows = ["2024-05-01|0,Search,1.50", "2024-05-01|23,Search,2.50"]
    lines = [*titles, "TimePeriod,CampaignName,Spend", *rows]

    assert "choose the column as the hour (--map hour=" in refused(lines)

    recorded(lines, Plan(mapping={"hour": "TimePeriod"}))
    assert ledger() == {("Search", "2024-05-01"): 4}


@pytest.mark.django_db
def test_a_microsoft_report_that_may_be_incomplete_says_so() -> None:
    lines = FILES["microsoft_ads"]
    doubtful = [*lines[:2], '"Potential Incomplete Data: true"', *lines[2:]]
    certain = [line.replace("true", "false") for line in doubtful]

    assert not any("incomplete" in note for note in recorded(certain).notes)
    assert any("may be incomplete" in note for note in recorded(doubtful).notes)


@pytest.mark.django_db
def test_linkedins_start_dates_are_days_if_they_show_it() -> None:
    titles = ['"Report Start: April 29, 2024"', '"Report End: May 10, 2024"']
    header = "Start Date (in UTC)\tCampaign Name\tTotal Spent"
    days = [f"{day}\tSearch\t10.50" for day in ("4/29/2024", "4/30/2024", "5/1/2024", "5/2/2024")]

    # The rest of a month and the next one; then days.
    assert "(--daily" in refused([*titles, header, days[1], days[2]])
    assert recorded([*titles, header, *days[1:]]).waiting_rows == 3
    assert recorded([*titles, header, days[1], days[2]], Plan(is_daily=True)).waiting_rows == 2
    for end in ("May 1, 2024", "May 1, 2024, 11:59 PM"):
        until = [titles[0], f'"Report End: {end}"']
        assert recorded([*until, header, days[1], days[2]]).waiting_rows == 2
    # Without its end, the report may go on after its first day.
    assert "(--daily" in refused([titles[0], header, days[0]])
