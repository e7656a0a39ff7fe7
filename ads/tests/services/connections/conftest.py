"""The platform of the tests, connected."""

from ads.tests.services.connections.fixtures import connection, now, world

__all__ = ["connection", "now", "world"]
