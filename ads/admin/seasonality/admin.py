"""The admin of seasonality adjustments."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.base import ConfigurationAdmin
from ads.admin.elements import RowFilter, link_to
from ads.models import SeasonalityAdjustment
from ads.services import visible


@admin.register(SeasonalityAdjustment)
class SeasonalityAdjustmentAdmin(ConfigurationAdmin[SeasonalityAdjustment]):
    about = (
        "Days that bring more or less spend than others, such as Black Friday. Pacing expects "
        "them; budgets and campaigns are not changed."
    )
    list_display = ["name", "of_brand", "start_date", "end_date", "times"]
    list_select_related = ["brand"]
    list_filter = [("brand", RowFilter)]
    search_fields = ["name", "brand__name"]
    search_help_text = "Name or brand"
    autocomplete_fields = ["brand"]
    fieldsets = [
        (None, {"fields": ["name", "brand", ("start_date", "end_date"), "factor"]}),
    ]

    def get_form(
        self,
        request: HttpRequest,
        obj: SeasonalityAdjustment | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if visible.brand_ids() is not None and "brand" in form.base_fields:
            # Somebody who is limited to brands changes nothing for others.
            form.base_fields["brand"].required = True
        return form

    @admin.display(description="brand", ordering="brand__name")
    def of_brand(self, row: SeasonalityAdjustment) -> SafeString | str:
        return link_to(row.brand) if row.brand else "All brands"

    @admin.display(description="spend", ordering="factor")
    def times(self, row: SeasonalityAdjustment) -> SafeString:
        return format_html("{}× the usual", f"{row.factor.normalize():f}")
