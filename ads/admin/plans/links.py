"""What is planned for a brand or a campaign, on its page."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from ads.admin.elements import budget, may
from ads.models import Brand, Campaign
from ads.models.budgets import PlannedField
from ads.services import plans

#: Changes that a page names.
FEW: Final = 3


def plan_links(request: HttpRequest, owner: Brand | Campaign) -> dict[str, Any]:
    """The next changes of its budgets in sentences, and links to its plan and the calendar."""
    brand = owner if isinstance(owner, Brand) else owner.brand
    model = type(owner)
    name, may_plan = model._meta.model_name, may(request, model, "change")
    return {
        "planned": [
            f"{PlannedField(one.field).label} {budget(one.amount, brand.currency)} from "
            f"{one.starts_on:%-d %b %Y}"
            for one in plans.planned_for(owner)[:FEW]
        ],
        "plan_link": reverse(f"admin:ads_{name}_plan", args=[owner.pk]) if may_plan else "",
        "schedule_link": reverse(f"admin:ads_{name}_schedule_budgets", args=[owner.pk])
        if may_plan
        else "",
        "calendar_link": f"{reverse('admin:ads_scheduledchange_calendar')}?brand={brand.pk}",
    }
