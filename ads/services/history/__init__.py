"""What changed, when, and by whom: the audit, the timeline and the feed of delivery changes."""

from ads.services.history import audit, feed, last_changes, timeline
from ads.services.history.audit import (
    WORDS,
    AuditEntry,
    Seen,
    actor,
    describe,
    event_model,
    last_edits,
)
from ads.services.history.feed import Position
from ads.services.history.last_changes import Changed
from ads.services.history.reasons import is_automatic, reasons, set_off_by

__all__ = [
    "WORDS",
    "AuditEntry",
    "Changed",
    "Position",
    "Seen",
    "actor",
    "audit",
    "describe",
    "event_model",
    "feed",
    "is_automatic",
    "last_changes",
    "last_edits",
    "reasons",
    "set_off_by",
    "timeline",
]
