"""Bulk setup by file: brands and campaigns from a table, and exported as one.

A file is read (:class:`Sheet`), compared with what is stored (:mod:`planning`), previewed, and
applied as it was previewed.
"""

from ads.services.setup.applying import Applied, ChangedMeanwhile, apply
from ads.services.setup.columns import COLUMNS, NONE, Id, joined, written_id
from ads.services.setup.export import export, export_changes
from ads.services.setup.plan import Change, Plan, Target
from ads.services.setup.preview import Preview, preview
from ads.services.setup.sheet import (
    MOST_ROWS,
    Line,
    Problem,
    RowsRefused,
    SetupRefused,
    Sheet,
)
