"""Daily budgets on ad platforms, kept within our limits where a brand wants that."""

from ads.services.caps.dispatch import Capped, put_back, tell
from ads.services.caps.outbox import agree, due_accounts, left
from ads.services.caps.wanted import capped_campaigns, wanted
