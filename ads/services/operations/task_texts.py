"""What each periodic task does, and what does not happen while it is switched off."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TaskText:
    """One task described; in whole sentences."""

    does: str
    #: What does not happen while it is switched off.
    without: str


def about(task: str) -> TaskText | None:
    """The texts of a task such as "ads.tasks.update_spend"; None: not one of ours."""
    return _TEXTS.get(task.removeprefix("ads.tasks."))


_TEXTS: Final = {
    "update_spend": TaskText(
        "Has each account on the ad platforms asked, and pauses whatever is over its budget.",
        "While it is off, the ad platforms are not asked: only spend from the API, webhooks and "
        "files pauses campaigns, and they may run far over their budgets in the meantime.",
    ),
    "tell_platforms": TaskText(
        "Tells the ad platforms which campaigns to run and to stop.",
        "While it is off, the ad platforms learn of people's edits only when spend is updated.",
    ),
    "cap_platforms": TaskText(
        "Sets the daily caps on the ad platforms, for brands that want them, and ends them.",
        "While it is off, daily budgets on the ad platforms stay as they are: caps are neither set "
        "nor ended.",
    ),
    "check_campaign_budgets": TaskText(
        "Checks every campaign and switches those that should be on or off: the safety check.",
        "While it is off, nothing catches what the other tasks miss: spend written straight to the "
        "database pauses no campaign, and campaigns may run over their budgets.",
    ),
    "enforce_dayparting": TaskText(
        "Starts and pauses campaigns by the hours of their schedules.",
        "While it is off, campaigns with schedules start and pause late, at the next safety check, "
        "or not at all if that is off too.",
    ),
    "reset_daily_budgets": TaskText(
        "Starts a new day for brands whose midnight has passed, and completes ended flights.",
        "While it is off, campaigns paused by a daily budget resume only at the next safety check, "
        "and ended flights are not completed.",
    ),
    "reset_monthly_budgets": TaskText(
        "Starts a new month for brands whose midnight on the 1st has passed.",
        "While it is off, campaigns paused by a monthly budget resume only at the next safety "
        "check.",
    ),
    "refresh_paces": TaskText(
        "Works out the pace and the projected spend of every brand and campaign, for lists.",
        "While it is off, lists show and sort by old paces; budgets are not affected.",
    ),
    "record_waiting_spend": TaskText(
        "Records waiting spend once its campaign has been matched.",
        "While it is off, waiting spend may stay unrecorded after its campaign is matched, and "
        "counts toward no budget.",
    ),
    "continue_imports": TaskText(
        "Resumes uploads that no worker is processing, and deletes uploads left unconfirmed for a "
        "week.",
        "While it is off, an upload whose worker died, or that Redis lost, stays unfinished.",
    ),
    "check_alerts": TaskText(
        "Looks for what the alert rules watch, beside looking within seconds of a change.",
        "While it is off, alerts of periodic tasks, late spend and whatever else happens without a "
        "change here are not raised, and those that are over stay open.",
    ),
    "send_alerts": TaskText(
        "Sends what waits for channels: digests, what quiet hours held back, and what was not "
        "received before.",
        "While it is off, only alerts that are to be told at once are sent.",
    ),
    "send_reports": TaskText(
        "Sends last month's report of brands to the channels that get one each month.",
        "While it is off, no scheduled report is sent; once it is on again, that of last month is.",
    ),
    "forget_alerts": TaskText(
        "Deletes alerts and messages older than 400 days.",
        "While it is off, their lists keep growing; budgets are not affected.",
    ),
    "forget_sign_ins": TaskText(
        "Deletes logins older than SIGN_INS_KEPT_DAYS.",
        "While it is off, the list of logins keeps growing; budgets are not affected.",
    ),
    "forget_webhooks": TaskText(
        "Deletes received webhooks older than 30 days.",
        "While it is off, the list of received webhooks keeps growing; budgets are not affected.",
    ),
    "clear_sessions": TaskText(
        "Deletes expired sessions.",
        "While it is off, the table of sessions keeps growing; nobody stays logged in longer.",
    ),
}
