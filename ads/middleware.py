"""Says who is acting, for the audit of configuration and of delivery changes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ads.services.actor import acting_as


class ActorMiddleware:
    """Everything a signed-in user's request changes is recorded under that user's name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        username = request.user.get_username()
        with acting_as(username, path=request.path):
            return self.get_response(request)
