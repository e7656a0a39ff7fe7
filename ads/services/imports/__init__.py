"""Importing spend from a CSV or workbook: day totals, or entries where it has an external id.

Rows are read and checked (:mod:`parsing`), copied into a temporary table (:mod:`tables`), and
recorded from there with the statements that record all other spend. A few thousand rows are in
memory at a time.
"""

from ads.services.imports import uploads
from ads.services.imports.creation import Created
from ads.services.imports.formats import FORMATS
from ads.services.imports.outcome import Imported, figures, sums_of
from ads.services.imports.parsing import Reader, Sniffed, day_of, is_open, order_of, trouble_of_id
from ads.services.imports.plan import (
    ANSWERS,
    CAMPAIGN_BY,
    DECIMAL_SIGNS,
    DEFAULT_SOURCE,
    FIELDS,
    NOWHERE,
    UNITS,
    NewBrand,
    Plan,
)
from ads.services.imports.questions import Question, Unanswered, unanswered
from ads.services.imports.refusals import (
    ImportRefused,
    Refused,
    RefusedCsv,
    RowsRefused,
    WhichSheet,
    without_options,
)
from ads.services.imports.run import Import, preview_of
from ads.services.imports.workbooks import Number
