"""Who looks at the pages: the same browsers as in the tests of the admin."""

from ads.tests.admin.conftest import admin, operator, staff

__all__ = ["admin", "operator", "staff"]
