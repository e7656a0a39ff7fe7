"""gunicorn's access log, in fields."""

from datetime import timedelta
from typing import Any, Final

import structlog
from gunicorn.glogging import Logger as GunicornLogger  # type: ignore[import-untyped]

#: Characters of what clients choose freely.
LONGEST: Final = 300

access = structlog.stdlib.get_logger("gunicorn.access")


class Logger(GunicornLogger):  # type: ignore[misc]  # it has no published types
    """Logs a request without its query, headers or login, which can contain secrets."""

    def access(
        self,
        resp: Any,
        req: Any,  # noqa: ARG002
        environ: dict[str, Any],
        request_time: timedelta,
    ) -> None:
        from ads.client_address import address_of
        from ads.request_log import ACTOR, HEADER

        fields = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["RAW_URI"].partition("?")[0][:LONGEST],
            "status": int(str(resp.status).split()[0]),
            "bytes": resp.sent,
            "seconds": round(request_time.total_seconds(), 3),
            "address": address_of(environ),
            "actor": environ.get(ACTOR, ""),
            "agent": environ.get("HTTP_USER_AGENT", "")[:LONGEST],
            "request_id": dict(resp.headers).get(HEADER, ""),
        }
        access.info("Request answered", **fields)
