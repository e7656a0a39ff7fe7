"""The front page of the admin."""

from ads.admin.overview.page import changes_as_read, front_page
