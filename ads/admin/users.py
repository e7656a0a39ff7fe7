"""Who may log in and what they may do, in the look of the rest."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from ads.admin.base import ModelAdmin
from ads.admin.editing import GuardsEdits

admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(GuardsEdits, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People who log in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    # Kept by the system: logging in while somebody edits the page is no edit.
    readonly_fields = ["last_login", "date_joined"]


@admin.register(Group)
class GroupAdmin(GuardsEdits, DjangoGroupAdmin, ModelAdmin):  # type: ignore[type-arg]
    """What people of one kind may do."""
