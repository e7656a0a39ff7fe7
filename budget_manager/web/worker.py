"""gunicorn's worker with threads, which stays with a client that asks again at once."""

import select
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

#: Milliseconds for which a thread waits for the next request of its connection.
SOON: Final = 100


class Worker(ThreadWorker):  # type: ignore[misc]  # it has no published types
    """Answers the next request of a connection in the same thread, if it comes soon.

    Its parent gives the connection back to the main thread after each answer, which waits for the
    next request and finds a thread for it: a third of the processor time of a small request. A
    thread waits only while there is one for each connection, so it keeps nobody waiting.
    """

    def handle(self, conn: Any) -> Any:
        again = super().handle(conn)
        while again is True and not conn.is_http2 and self._comes_soon(conn):
            again = super().handle(conn)
        return again

    def _comes_soon(self, conn: Any) -> bool:
        """Is there a next request within :data:`SOON`, and a thread for everybody else?"""
        if not self.alive or self.nr_conns > self.cfg.threads or conn.parser.unreader.buf.tell():
            return False
        waiting = select.poll()
        waiting.register(conn.sock, select.POLLIN)
        return bool(waiting.poll(SOON)) and self.alive
