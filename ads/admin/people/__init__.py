"""Users and roles in the admin."""

from ads.admin.people.users import GroupAdmin, UserAdmin
