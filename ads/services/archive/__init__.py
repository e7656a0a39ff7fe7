"""Moving the ledger's old months into files, and bringing one back."""

from ads.services.archive.files import ArchiveError
from ads.services.archive.months import (
    KEPT,
    ArchivedSpan,
    MonthFigures,
    archive,
    archived_span,
    bring_back,
    latest_before,
    months_before,
)
