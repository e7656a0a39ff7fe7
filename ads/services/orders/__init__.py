"""Orders to switch campaigns on their platforms: written with the decision, told, confirmed."""

from ads.services.orders.dispatch import BACK_OFF, Clock, Open, Told, alone, claim, tell
from ads.services.orders.lookup import There, there
from ads.services.orders.outbox import (
    KNOWN,
    Switched,
    due_accounts,
    let_go,
    may_switch,
    may_tell,
    next_due,
    put_right,
    tell_again,
    write,
)
