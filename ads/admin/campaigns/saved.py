"""The message after a campaign is saved: whether it now runs."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ads.models import Campaign
from ads.models.campaign import Status
from ads.rules.calendar import UnknownTimezone
from ads.services.explain import explanation

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object


class TellsWhatBecameOfIt(_Admin):
    """Reports whether a saved campaign started or stopped."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().changeform_view(request, *args, **kwargs)
        # Committed by now, and so enforced.
        saved = getattr(request, "saved_campaign", None)
        if saved is not None:
            self._tell(request, *saved)
        return response

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        # ``is_active`` as read under the lock of this edit.
        request.saved_campaign = (obj, obj.is_active)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def _tell(self, request: HttpRequest, saved: Campaign, delivered: bool) -> None:
        campaign = Campaign.objects.select_related("brand").filter(pk=saved.pk).first()
        if campaign is None:
            return
        if campaign.is_active:
            if not delivered:
                self.message_user(request, f"{campaign} now delivers.", messages.SUCCESS)
        elif delivered:
            self.message_user(request, f"{campaign} has stopped: {_why(campaign)}")
        elif campaign.status == Status.ACTIVE:
            self.message_user(request, f"{campaign} stays off: {_why(campaign)}", messages.WARNING)


def _why(campaign: Campaign) -> str:
    try:
        reasons = explanation.reasons(campaign, timezone.now())
    except UnknownTimezone as error:
        return str(error)
    return f"{'; '.join(reasons)}." if reasons else "it starts with the next check."
