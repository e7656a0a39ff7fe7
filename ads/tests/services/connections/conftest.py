"""The platform of the tests, connected."""

from ads.tests.services.connections.fixtures import connection, login, now, world

__all__ = ["connection", "login", "now", "world"]
