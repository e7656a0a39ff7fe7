"""Amounts and dates are read as they were meant or refused: against models that write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.services.errors import InvalidSpend
from ads.services.imports.formats import FORMATS
from ads.services.imports.parsing.cells import Amounts, Days, amounts_of, days_of, unit_of
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused, Refusal

META = FORMATS["meta_ads"]

#: Decimal sign, and what separates thousands.
NOTATIONS = [
    (".", ""),
    (",", ""),
    *((".", mark) for mark in (",", " ", "\u00a0", "\u202f", "'", "\u2019")),
    *((",", mark) for mark in (".", " ", "\u00a0", "\u202f", "\u2009", "'")),
]
MARKS = ["{}", "${}", "$ {}", "US${}", "{} $", "{}\u00a0$", "USD {}", "{} USD"]

amounts = st.decimals(min_value=0, max_value=Decimal("99999999.999999"), places=6).map(
    lambda amount: amount.normalize()
)


def written(amount: Decimal, notation: tuple[str, str], mark: str) -> str:
    """The amount as a platform of this notation writes it."""
    sign, thousands = notation
    whole, _, places = f"{amount:f}".partition(".")
    groups: list[str] = []
    while whole:
        whole, group = whole[:-3], whole[-3:]
        groups.insert(0, group)
    return mark.format(thousands.join(groups) + (sign + places if places else ""))


def read(amounts_: Amounts, texts: list[str]) -> list[Decimal]:
    values = [Decimal(amounts_.read(text)) for text in texts]
    amounts_.check()
    return values


@given(
    values=st.lists(amounts, min_size=1, max_size=6),
    notation=st.sampled_from(NOTATIONS),
    mark=st.sampled_from(MARKS),
)
def test_amounts_are_read_as_written_or_their_file_is_refused(
    values: list[Decimal], notation: tuple[str, str], mark: str
) -> None:
    texts = [written(value, notation, mark) for value in values]
    plan = Plan(unit="units")

    try:
        found = read(amounts_of(plan, META, "Spend", texts, "USD"), texts)
    except ImportRefused:
        assert not any(shows(text, value) for text, value in zip(texts, values, strict=True))
    else:
        assert found == values

    said = amounts_of(Plan(unit="units", decimal=notation[0]), META, "Spend", texts, "USD")
    assert read(said, texts) == values


def shows(text: str, value: Decimal) -> bool:
    """Can this text only be this value? By trying both signs."""
    readings = set()
    for sign in (".", ","):
        try:
            readings.add(Decimal(Amounts(sign, is_lenient=True, is_said=True).read(text)))
        except (Refusal, InvalidSpend):
            continue
    return readings == {value} and value % 1 != 0


@pytest.mark.parametrize(
    "texts",
    [["18.415", "1.204"], ["18,415", "1,204"], ["1.204", "7", "0"], ["$1.204"], ["1,204", "900"]],
)
def test_three_digits_behind_every_sign_are_refused_until_the_sign_is_said(
    texts: list[str],
) -> None:
    for code in ("meta_ads", "mapped"):
        with pytest.raises(ImportRefused, match=r"\(--decimal \. or --decimal , in the command\)"):
            read(amounts_of(Plan(), FORMATS[code], "Cost", texts, "USD"), texts)

    first = [
        read(amounts_of(Plan(decimal=sign), META, "Cost", texts, "USD"), texts)[0] for sign in ".,"
    ]
    assert first[0] in (first[1] * 1000, first[1] / 1000)


def test_a_plain_file_of_such_amounts_is_asked_about_too() -> None:
    with pytest.raises(ImportRefused, match="decimal separator"):
        read(amounts_of(Plan(), FORMATS["plain"], "amount", [], "USD"), ["1.204", "18.415"])


@pytest.mark.parametrize("shown", ["12.5", "0.204", "1204.500", "1,204.50", "1,204,500"])
def test_one_amount_that_shows_its_sign_is_enough_wherever_it_stands(shown: str) -> None:
    texts = ["18.415", "1.204", shown]

    assert read(amounts_of(Plan(), META, "Cost", texts, "USD"), texts)[0] == Decimal("18.415")
    late = amounts_of(Plan(), META, "Cost", texts[:2], "USD")
    assert read(late, texts)[0] == Decimal("18.415")


@pytest.mark.parametrize("shown", ["12,5", "1.204,50"])
def test_an_amount_of_the_other_sign_is_refused(shown: str) -> None:
    late = amounts_of(Plan(), META, "Cost", ["18.415"], "USD")

    with pytest.raises((Refusal, InvalidSpend)):
        read(late, ["18.415", shown])


@pytest.mark.parametrize("text", ["€12.00", "12,00 €", "EUR 5", "£5.00", "R$ 1,00", "12.00 zł"])
def test_an_amount_with_the_sign_of_another_currency_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="would be recorded in USD"):
        amounts_of(Plan(), META, "Cost", [text], "USD").read(text)


@pytest.mark.parametrize("text", ["12 apples", "$$5", "$5€", "5.00.00", "1,23,4.5", "--5", "($5)"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises((Refusal, InvalidSpend)):
        amounts_of(Plan(decimal="."), META, "Cost", [text], "USD").read(text)


# --- micros ---


@given(st.lists(st.integers(min_value=0, max_value=99_999), min_size=1, max_size=20))
def test_whole_amounts_below_a_hundred_thousand_are_never_asked_about(values: list[int]) -> None:
    texts = [str(value) for value in values]

    assert read(amounts_of(Plan(), META, "Cost", texts, "USD"), texts) == values


@given(
    values=st.lists(
        st.decimals(min_value=Decimal("0.10"), max_value=5000, places=2), min_size=1, max_size=20
    ),
    way=st.sampled_from(["{}", "{}.0"]),
)
def test_micros_are_asked_about_and_read_as_what_they_are(values: list[Decimal], way: str) -> None:
    texts = [way.format(int(value.scaleb(6))) for value in values]

    with pytest.raises(ImportRefused, match=r"\(--unit micros or --unit units in the command\)"):
        read(amounts_of(Plan(), META, "Cost", texts, "USD"), texts)
    assert read(amounts_of(Plan(unit="micros"), META, "Cost", texts, "USD"), texts) == values
    assert read(amounts_of(Plan(), META, "metrics.cost_micros", texts, "USD"), texts) == values
    assert read(amounts_of(Plan(unit="units"), META, "Cost", texts, "USD"), texts) == [
        value.scaleb(6) for value in values
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["1000000.00", "250000.00"],  # written with cents
        ["120000", "35", "1200", "80"],  # large once
        ["$1,000,000", "$2,000,000"],  # written for people
        ["0", "0"],
    ],
)
def test_honest_large_amounts_are_not_asked_about(texts: list[str]) -> None:
    read(amounts_of(Plan(), META, "Cost", texts, "USD"), texts)


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        *((each, "micros") for each in ("cost_micros", "costMicros", "SPEND_IN_MICRO_DOLLAR")),
        *((each, None) for each in ("Microsoft spend", "Spend microsite", "Cost")),
    ],
)
def test_a_column_called_micros_says_its_unit(column: str, unit: str | None) -> None:
    assert unit_of(Plan(), column) == unit


def test_where_a_unit_is_worth_a_cent_millions_are_nothing_unusual() -> None:
    honest, micros = ["1250431", "34804512"], ["125000000000", "340000000"]

    assert read(Amounts(".", currency="KRW"), honest)[0] == 1250431
    with pytest.raises(ImportRefused, match="micros"):
        read(Amounts(".", currency="KRW"), micros)


@pytest.mark.parametrize("text", ["11.10", "1,000,000", "x", "-5"])
def test_what_cannot_be_micros_is_refused(text: str) -> None:
    with pytest.raises((Refusal, InvalidSpend)):
        Amounts(".", unit="micros").read(text)


# --- dates ---

MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
WORDS = ["{m} {d}, {y}", "{a} {d}, {y}", "{d} {m} {y}", "{d}. {m} {y}", "{d} {a}. {y}"]
WORDS += ["{d} de {m} de {y}", "{d}-{a}-{y}", "Wed, {a} {d}, {y}"]
SHORT = {"mars": "mars", "juin": "juin", "juillet": "juil", "maart": "mrt", "février": "févr"}

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


@given(day=days, language=st.sampled_from(sorted(MONTHS)), way=st.sampled_from(WORDS))
def test_dates_in_words_are_read_in_every_language(day: date, language: str, way: str) -> None:
    name = MONTHS[language].split()[day.month - 1]
    short = SHORT.get(name, name[:3])
    text = way.format(d=day.day, m=name, a=short, y=day.year)

    assert Days(None, any_notation=True).read(text) == (day, day.isoformat())


@given(
    st.lists(days, min_size=1, max_size=8),
    st.sampled_from("/-."),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["en", "other"]),
)
def test_dates_in_numbers_are_read_as_written_or_refused(
    some: list[date], sign: str, day_first: bool, padded: bool, language: str
) -> None:
    day_first = day_first or sign == "." or language == "other"
    order = ("{d}", "{m}", "{y}") if day_first else ("{m}", "{d}", "{y}")
    pad = "02" if padded else ""
    texts = [
        sign.join(order).format(d=f"{day.day:{pad}}", m=f"{day.month:{pad}}", y=day.year)
        for day in some
    ]
    header = ["Tag", "Kampagne", "Kosten"] if language == "other" else ["Day", "Campaign", "Cost"]
    reader = days_of(Plan(), FORMATS["google_ads"], header, texts, [])
    is_known = sign == "." or language == "other" or any(day.day > 12 for day in some)

    for text, day in zip(texts, some, strict=True):
        try:
            assert reader.read(text)[0] == day
        except Refusal:
            assert not is_known


@given(days, st.sampled_from(["{:%Y-%m-%d}", "{:%Y/%m/%d}", "{:%Y.%m.%d}", "{:%Y%m%d}"]))
def test_dates_with_the_year_first_have_one_order(day: date, way: str) -> None:
    assert Days(None, any_notation=True).read(way.format(day))[0] == day
    japanese = f"{day.year}年{day.month}月{day.day}日"
    assert Days(None, any_notation=True).read(japanese)[0] == day


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "2026-13-01", "Smarch 3, 2026", "25/11/26", "today", "2026-W48", "٣/٤/2026"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="date: "):
        Days(None, any_notation=True).read(text)
