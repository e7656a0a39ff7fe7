"""What changed, when, and who did it: the audit, the timeline and the feed of delivery changes."""

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
from ads.services.history.reasons import is_automatic, reasons, switched_by
