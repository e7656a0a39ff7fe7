"""What goes wrong at a platform: a queue of faults, each for a kind of call."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, get_args

#: The kinds of calls, by what the product asks for. A server names each request by one of them.
Call = Literal[
    "token",
    "accounts",
    "campaigns",
    "costs",
    "totals",
    "switch",
    "read_back",
    "set_cap",
    "report_submit",
    "report_poll",
    "report_download",
]
CALLS: tuple[Call, ...] = get_args(Call)

#: quota: too many requests, with a hint of ``seconds``. timeout: no answer. half: the answer breaks
#: off. empty_page: a page without rows that has a following one. empty_body: 200 and nothing.
#: html_502: a proxy's page. not_json: 200 and a page. revoked: the token is not accepted.
#: partial: some of ``ids`` (or the first) are refused. unknown_enum: a status that nobody has
#: documented. server_error: the platform's own "try again later". lost: done, but told to nobody.
#: too_much_data: ask for less at once.
Kind = Literal[
    "quota",
    "timeout",
    "half",
    "empty_page",
    "empty_body",
    "html_502",
    "not_json",
    "revoked",
    "partial",
    "unknown_enum",
    "server_error",
    "lost",
    "too_much_data",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Args:
        call: at which call; "*": at any.
        times: at how many calls.
        after: how many such calls go well before.
        seconds: of quota: after how long to ask again; of a timeout: how long the line stays open.
        ids: of partial: which campaigns.
        code: of quota, partial and revoked: the platform's own code, where the stand-in's is not
            wanted.
    """

    kind: Kind
    call: Call | Literal["*"] = "*"
    times: int = 1
    after: int = 0
    seconds: int = 60
    ids: list[str] = field(default_factory=list)
    code: str = ""


class Faults:
    """The queue, and how often each kind of call has been made."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.calls: Counter[str] = Counter()

    def take(self, call: Call) -> Fault | None:
        """Count a call; the fault that happens to it, if any."""
        self.calls[call] += 1
        for fault in self.waiting:
            if fault.call not in {"*", call}:
                continue
            if fault.after:
                fault.after -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            return fault
        return None
