"""Options in the address: a mistyped one must not be passed over."""

import difflib

from django.http import HttpRequest

from ads.api.problems import Kind, Problem

_LONGEST_SHOWN = 80


def refuse_others(request: HttpRequest, *known: str) -> None:
    """Refuse an option that the endpoint does not know, or that comes twice.

    Raises:
        Problem: 422, with what may have been meant.
    """
    for name, values in request.GET.lists():
        if name in known and len(values) == 1:
            continue
        if name in known:
            reason = "it comes twice; give it once."
        else:
            guess = difflib.get_close_matches(name[:_LONGEST_SHOWN].lower(), known, n=1)
            meant = f"did you mean {guess[0]}?" if guess else f"known are {', '.join(known)}."
            reason = f"there is no such option; {meant}"
        field = name[:_LONGEST_SHOWN]
        errors = [{"field": field, "value": values[0][:_LONGEST_SHOWN], "reason": reason}]
        raise Problem(Kind.INVALID, f"{field}: {reason}", errors=errors)
