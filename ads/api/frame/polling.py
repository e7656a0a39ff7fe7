"""Conditional requests: an unchanged answer is not sent again."""

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
    set_response_etag,
)
from ninja import Router, Schema
from ninja.decorators import decorate_view

from ads.api.frame.problems import Kind, documented

View = Callable[..., HttpResponse]

OK = 200


def _conditional(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        if response.status_code != OK:
            return response
        # Caches must revalidate; another key may see other brands.
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Authorization"])
        set_response_etag(response)
        return get_conditional_response(request, etag=response["ETag"], response=response)

    return answer


_NOT_MODIFIED: Final = {
    304: {"description": "The answer is the one that `If-None-Match` names; it is not sent again."},
}


def reads(
    router: Router,
    path: str,
    answer: type[Schema],
    summary: str,
    *problems: Kind,
    responses: Mapping[int, Any] = MappingProxyType({}),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Route ``GET path`` to an endpoint whose answers get an ETag, and 304 if the client has it.

    The answer must depend only on the data, not on when it is requested. ``problems`` (besides
    INVALID) and ``responses`` are its other answers, for the document.
    """
    documents = {"responses": _NOT_MODIFIED | dict(responses) | documented(Kind.INVALID, *problems)}
    route = router.get(path, response=answer, summary=summary, openapi_extra=documents)

    def register(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        registered: Callable[..., Any] = route(decorate_view(_conditional)(endpoint))
        return registered

    return register
