"""Addresses of saved views: opened, saved, changed; and the choice of columns."""

from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_GET, require_POST

from ads.admin.base.columns import COLUMNS, VIEW, name_of
from ads.admin.base.saved_views import EVERYTHING
from ads.models import SavedView
from ads.services.team import ViewRefused, saved_views


def _page_of(request: HttpRequest, label: str) -> Any:
    """The list of a model, if there is one and the user may see it."""
    for model, page in admin.site._registry.items():
        if model._meta.label_lower == label and page.has_view_permission(request):
            return page
    raise Http404


def _view_of(request: HttpRequest, pk: int) -> SavedView:
    view = saved_views.find(request.user, pk)
    if view is None:
        raise Http404
    return view


@require_GET
def open_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = _view_of(request, pk)
    return HttpResponseRedirect(_page_of(request, view.list_name).address_of_view(request, view))


@require_GET
def choose_columns(request: HttpRequest) -> HttpResponse:
    page = _page_of(request, request.GET.get("list", ""))
    here = page.asked_for(request, QueryDict(request.GET.get("query", "")))
    order, query = page.order_of(here), here.GET.copy()
    for name in (COLUMNS, ORDER_VAR):
        query.pop(name, None)
    wanted = set(request.GET.getlist("column"))
    usual = {
        one.name for one in page.column_choices(page.asked_for(request, query)) if one.is_shown
    }
    if "usual" not in request.GET and wanted and wanted != usual:
        query[COLUMNS] = ",".join(
            name for name in map(name_of, page.list_display) if name in wanted
        )
    asked = page.asked_for(request, query)
    if places := page.as_places(asked, order):
        query[ORDER_VAR] = places
    if not query:
        query[VIEW] = EVERYTHING
    return HttpResponseRedirect(f"{asked.path}?{query.urlencode(safe=',')}")


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    page = _page_of(request, request.POST.get("list", ""))
    here = page.asked_for(request, QueryDict(request.POST.get("query", "")))
    shared = "shared" in request.POST
    if shared and not saved_views.may_share(request.user):
        raise PermissionDenied
    try:
        view = saved_views.save(
            request.user,
            page.view_label,
            request.POST.get("name", ""),
            page.contents_of(here),
            shared=shared,
        )
    except ViewRefused as error:
        messages.error(request, f"The view was not saved. {error}")
        return HttpResponseRedirect(f"{here.path}?{here.GET.urlencode()}")
    if "default" in request.POST:
        saved_views.make_default(request.user, view)
    messages.success(request, f"Saved the view “{view.name}”{' for everybody' if shared else ''}.")
    return HttpResponseRedirect(page.address_of_view(request, view))


#: What is done to a view that is not only the user's to see, by the name of the button.
CHANGES: Final = ("update", "rename", "share", "delete")


@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = _view_of(request, pk)
    page = _page_of(request, view.list_name)
    what = request.POST.get("do", "")
    if what in CHANGES and not saved_views.may_change(request.user, view):
        raise PermissionDenied
    here = page.asked_for(request, QueryDict(request.POST.get("query", "")))
    back = f"{here.path}?{here.GET.urlencode() or f'{VIEW}={EVERYTHING}'}"
    try:
        said = _done(request, page, here, view, what)
    except ViewRefused as error:
        messages.error(request, f"The view was not changed. {error}")
    else:
        messages.success(request, said)
        if what == "delete":
            query = here.GET.copy()
            query[VIEW] = EVERYTHING
            back = f"{here.path}?{query.urlencode()}"
    return HttpResponseRedirect(back)


def _done(request: HttpRequest, page: Any, here: HttpRequest, view: SavedView, what: str) -> str:
    name = f"“{view.name}”"
    if what == "update":
        saved_views.change(view, page.contents_of(here))
        return f"The view {name} now has these filters, this order and these columns."
    if what == "rename":
        saved_views.rename(view, request.POST.get("name", ""))
        return f"The view {name} is now called “{view.name}”."
    if what == "share":
        if not saved_views.may_share(request.user):
            raise PermissionDenied
        saved_views.share(view)
        return f"The view {name} is now shared with everybody."
    if what == "delete":
        view.delete()
        return f"Deleted the view {name}."
    if what in ("default", "no_default"):
        saved_views.make_default(request.user, view, on=what == "default")
        if what == "default":
            return f"This list now opens with the view {name}."
        return "This list now opens with all rows."
    raise Http404
