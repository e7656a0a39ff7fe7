"""How a file is to be read and recorded, as its owner says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ads.services.imports.errors import ImportRefused

#: What a row can say.
FIELDS: Final = ("amount", "campaign", "date", "description", "external_id", "occurred_at")

#: The same for every file. A report is often downloaded again under another name ("spend (1).csv");
#: if the name of the file were the source, all of it would be counted twice.
DEFAULT_SOURCE: Final = "import"

#: Ways to name a campaign; ``auto`` takes either and refuses what could be both.
CAMPAIGN_BY: Final = ("auto", "id", "name")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read and record one file.

    Args:
        source: who says so; what makes importing again record nothing twice.
        mapping: column by field, where they are not called the same.
        date_format: as ``strptime`` takes it; None for YYYY-MM-DD.
        delimiter: what separates the columns.
        brand_id: look for campaigns of this brand alone.
        campaign_by: one of :data:`CAMPAIGN_BY`.
        round_amounts: round amounts with more than six decimal places (half to even) to six.
        skip_bad_rows: record the others.
        observed_at: when the day totals were true (aware); None: when the import began.
    """

    source: str = DEFAULT_SOURCE
    mapping: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    delimiter: str = ","
    brand_id: int | None = None
    campaign_by: str = "auto"
    round_amounts: bool = False
    skip_bad_rows: bool = False
    observed_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in self.mapping:
            if name not in FIELDS:
                raise ImportRefused(
                    f'There is no field "{name}" to map. Fields: {", ".join(FIELDS)}.'
                )
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ImportRefused(f"{self.delimiter!r} cannot separate columns; give one character.")
        if self.date_format is not None:
            _check_format(self.date_format)


def _check_format(text: str) -> None:
    example = datetime(2023, 12, 31)  # noqa: DTZ001  (a day of the calendar, nowhere)
    try:
        understood = datetime.strptime(example.strftime(text), text).date()  # noqa: DTZ007
    except ValueError as error:
        raise ImportRefused(f"{text!r} is no date format: {error}.") from error
    if understood != example.date():
        raise ImportRefused(
            f"{text!r} does not tell day, month and year; write for example %d-%m-%Y."
        )
