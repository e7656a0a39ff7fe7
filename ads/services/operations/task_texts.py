"""What each periodic task is for, in the words of the people who look after it.

One place for all pages: what it does, what does not happen while it is switched off, and what a
run of it did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ads.rules.money import format_usd

#: What a task answers with; see ads/tasks.py.
Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskText:
    """One task in words; all sentences end with a full stop."""

    title: str
    does: str
    #: What does not happen while it is switched off.
    without: str
    #: What a run did, of its answer.
    did: Callable[[Answer], str]
    #: Does it switch campaigns?
    is_switching: bool = True

    def changed(self, count: int) -> str:
        """What a run changed: "switched 12 campaigns"; nothing for a task that switches none."""
        return f"switched {counted(count, 'campaign')}" if self.is_switching else ""


def about(task: str) -> TaskText | None:
    """The words for a task, "update_spend" or "ads.tasks.update_spend"; None: not one of ours."""
    return _TEXTS.get(task.removeprefix("ads.tasks."))


def did(task: str, answer: object) -> str:
    """What a run of ``task`` did, of its answer; the answer itself of a task that is not ours."""
    text = about(task)
    if text is None or not isinstance(answer, Mapping):
        return "" if answer is None else f"It answered: {answer}"
    failed = answer.get("failed")
    failures = f" {counted(failed, 'part')} of it failed; see how it stands." if failed else ""
    return text.did(answer) + failures


def counted(count: int, what: str) -> str:
    """How many of something: "no campaign", "1 campaign", "1,200 campaigns"."""
    if count == 0:
        return f"no {what}"
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def _switched(answer: Answer) -> str:
    started, stopped = answer["started"], answer["stopped"]
    if not started and not stopped:
        return "Nothing had to be switched."
    return f"Started {counted(started, 'campaign')} and stopped {counted(stopped, 'campaign')}."


def _updated(answer: Answer) -> str:
    moved = "no new spend" if not answer["recorded"] else format_usd(Decimal(answer["spend"]))
    return (
        f"Asked {counted(answer['accounts'], 'account')}, recorded {moved} and switched "
        f"{counted(answer['switched'], 'campaign')}."
    )


def _recorded_waiting(answer: Answer) -> str:
    refused = answer["refused"]
    return (
        f"Recorded {counted(answer['recorded'], 'waiting amount')} and switched "
        f"{counted(answer['switched'], 'campaign')}."
        + (f" {counted(refused, 'amount')} could not be recorded." if refused else "")
    )


def _continued(answer: Answer) -> str:
    return (
        f"Handed {counted(answer['sent'], 'import')} to a worker again and dropped "
        f"{counted(answer['dropped'], 'file')}."
    )


def _forgot(answer: Answer) -> str:
    return f"Forgot {counted(answer['forgotten'], 'webhook')}."


_TEXTS: Final = {
    "update_spend": TaskText(
        "Update spend",
        "Asks the ad platforms what was spent, and stops what is over its budget.",
        "The ad platforms are then not asked: campaigns stop only on spend that comes in by the "
        "API, by webhooks or by files, and may run far over their budgets until it does.",
        _updated,
    ),
    "check_campaign_budgets": TaskText(
        "Check campaign budgets",
        "Looks at every campaign and switches what has to be switched: the net under all else.",
        "What the others miss is then not looked at: spend that was written straight into the "
        "database stops nobody, and campaigns may run over their budgets.",
        _switched,
    ),
    "enforce_dayparting": TaskText(
        "Enforce dayparting",
        "Starts and stops the campaigns that run in the hours of their schedules.",
        "Campaigns with schedules then start and stop late, when budgets are next checked, and "
        "not at all if that is switched off too.",
        _switched,
    ),
    "reset_daily_budgets": TaskText(
        "Reset daily budgets",
        "Begins the new day of the brands whose midnight has passed, and completes ended flights.",
        "Campaigns that were stopped by a daily budget then come back only when budgets are next "
        "checked, and campaigns whose flight is over are not completed.",
        _switched,
    ),
    "reset_monthly_budgets": TaskText(
        "Reset monthly budgets",
        "Begins the new month of the brands whose midnight on the 1st has passed.",
        "Campaigns that were stopped by a monthly budget then come back only when budgets are "
        "next checked.",
        _switched,
    ),
    "record_waiting_spend": TaskText(
        "Record waiting spend",
        "Records what came in for campaigns before they were given the reference that it names.",
        "Spend that waits for a reference may then stay unrecorded after the reference is given, "
        "and does not count against any budget.",
        _recorded_waiting,
    ),
    "continue_imports": TaskText(
        "Continue imports",
        "Picks up uploaded files that wait although a worker could take them; drops those that "
        "nobody confirmed for a week.",
        "An upload whose worker died, or that Redis lost, then stays where it is.",
        _continued,
        is_switching=False,
    ),
    "forget_webhooks": TaskText(
        "Forget webhooks",
        "Forgets which webhooks were taken in more than 30 days ago.",
        "The list of webhooks then grows without end; budgets are not touched.",
        _forgot,
        is_switching=False,
    ),
}
