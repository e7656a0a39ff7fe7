"""Conditional requests: an unchanged answer is not sent again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
    set_response_etag,
)
from ninja.decorators import decorate_view

View = Callable[..., HttpResponse]

OK = 200


def _answer_once(view: View) -> View:
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


#: Decorates an endpoint: answers get an ETag (of the whole body), and 304 if the client has it.
#: The body must depend only on the data, not on when it is requested.
polled = decorate_view(_answer_once)

#: For ``openapi_extra={"responses": …}`` of such an endpoint.
NOT_MODIFIED = {
    304: {"description": "The answer is the one that `If-None-Match` names; it is not sent again."},
}
