"""Moving the ledger's old months into files, and bringing one back."""

from ads.services.archive.files import ArchiveError
from ads.services.archive.months import (
    KEPT,
    MonthFigures,
    archive,
    bring_back,
    latest_before,
    months_before,
    waiting_in,
)
