"""What an empty list says: what will stand there, and how to begin."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from ads.admin.elements import address, may
from ads.models import (
    ApiKey,
    Brand,
    Campaign,
    CampaignReference,
    ColumnMapping,
    DaypartingSchedule,
    DeliveryChange,
    Heartbeat,
    ReportedTotal,
    Spend,
    SpendImport,
    SpendTotal,
    UnknownReference,
    WaitingSpend,
    WebhookDelivery,
    WebhookEndpoint,
)

_SPEND_COMES: Final = (
    "Spend comes in from files, over the API, by webhooks, or from ad platforms that are connected."
)


@dataclass(frozen=True, slots=True)
class _Empty:
    title: str
    text: str
    #: Rows of what to add, and the words on the button; who may not add them is not offered it.
    add: tuple[tuple[type[Model], str], ...] = ()


_FILE: Final = (SpendImport, "Upload a file")
_KEY: Final = (ApiKey, "Make an API key")

_TEXTS: Final[dict[type[Model], _Empty]] = {
    Brand: _Empty(
        "There is no brand yet",
        "A brand is a client: its timezone says when its day begins, its budgets are for all its "
        "campaigns together, and every campaign belongs to one.",
        ((Brand, "Add a brand"),),
    ),
    Campaign: _Empty(
        "There is no campaign yet",
        "A campaign belongs to a brand, so make that first. Here you will see which campaigns "
        "deliver, what holds the others, and what they have spent.",
        ((Campaign, "Add a campaign"), (Brand, "Add a brand")),
    ),
    DaypartingSchedule: _Empty(
        "There is no schedule yet",
        "A schedule says in which hours of the week campaigns run; any number of them can share "
        "it. Without one a campaign runs at any hour.",
        ((DaypartingSchedule, "Add a schedule"),),
    ),
    DeliveryChange: _Empty(
        "Nothing has been switched yet",
        "Whenever a campaign starts or stops, it will stand here, with the reason and who or what "
        "set it off.",
    ),
    Spend: _Empty("Nothing has been spent yet", _SPEND_COMES, (_FILE, _KEY)),
    SpendTotal: _Empty(
        "There are no sums yet",
        f"The database adds spend up by day and month as it comes in. {_SPEND_COMES}",
        (_FILE, _KEY),
    ),
    ReportedTotal: _Empty(
        "No day total has been reported yet",
        "What each source last said that a campaign has cost on a day will stand here.",
        (_FILE, _KEY),
    ),
    SpendImport: _Empty(
        "No file has been uploaded yet",
        "A CSV with the columns campaign, date and amount, or a report of an ad platform: you see "
        "what it would do before anything is recorded.",
        (_FILE,),
    ),
    ColumnMapping: _Empty(
        "No column mapping is kept yet",
        "When you map the columns of a file by hand you can keep that, and files with the same "
        "columns are read the same way from then on.",
        (_FILE,),
    ),
    CampaignReference: _Empty(
        "No campaign has a reference yet",
        "A reference is what an ad platform calls a campaign. With it, spend that the platform "
        "reports finds its campaign.",
        ((CampaignReference, "Add a reference"),),
    ),
    UnknownReference: _Empty(
        "Every reference that came in is known",
        "Spend that comes in under a reference that no campaign carries will wait here to be "
        "matched.",
    ),
    WaitingSpend: _Empty(
        "No spend waits",
        "All that came in belongs to a campaign.",
    ),
    ApiKey: _Empty(
        "There is no API key yet",
        "A program that sends spend, or reads what delivers, needs one.",
        (_KEY,),
    ),
    WebhookEndpoint: _Empty(
        "There is no webhook endpoint yet",
        "An endpoint is an address to which a platform sends each event, signed.",
        ((WebhookEndpoint, "Make a webhook endpoint"),),
    ),
    WebhookDelivery: _Empty(
        "No webhook has been taken in yet",
        "What is sent to an endpoint, and what was answered, will stand here for 30 days.",
    ),
    Heartbeat: _Empty(
        "No periodic task has run yet",
        "Are a worker and beat running? Each task notes here when it last succeeded.",
    ),
}


def nothing_yet(request: HttpRequest, model: type[Model]) -> dict[str, Any] | None:
    """What the list of ``model`` says when it is empty; None: what every list says."""
    empty = _TEXTS.get(model)
    if empty is None:
        return None
    links = [
        {"text": words, "link": reverse(address(added, "add"))}
        for added, words in empty.add
        if may(request, added, "add")
    ]
    return {"title": empty.title, "text": empty.text, "links": links}
