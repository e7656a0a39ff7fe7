"""Batches of spend, and undoing one as a whole: its preview, what stands in the way, doing it."""

from ads.services.batches.standing import BatchFigures, InTheWay, called
from ads.services.batches.undo import (
    LONGEST_REASON,
    CannotUndo,
    Undone,
    UndoPreview,
    preview,
    undo,
)
