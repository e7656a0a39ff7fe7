"""Who may log in and what they may do, in the look of the rest."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ads.admin.base import KEPT, ModelAdmin
from ads.admin.editing import GuardsEdits
from ads.admin.elements import NOTHING

admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(GuardsEdits, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People who log in."""

    about = (
        "The people who log in here. What each may see and do, their groups say; what they did "
        "stays on record under their name."
    )
    help_texts = {
        "username": "What they log in with, and what lists and the audit call them.",
        "usable_password": "Disabled: they cannot log in with a password at all.",
        "first_name": "Shown in the history beside the username.",
        "last_name": "Shown in the history beside the username.",
        "email": "So that colleagues can write to them; the system sends no mail.",
        "is_active": "Off: they cannot log in any more. Switch this off instead of deleting "
        "somebody.",
        "is_staff": "On: they may log in here; what they then see, their groups say.",
        "is_superuser": "On: they may do everything, whatever their groups say.",
        "groups": "They may do what any of these may: a Viewer looks; an Operator also switches "
        "campaigns and lets them run on; a Budget manager also edits; an Administrator may do "
        "everything.",
        "user_permissions": "Single permissions beside those of the groups; seldom needed.",
    }
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "last_login"]
    list_filter = [
        ("groups", RelatedDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("is_superuser", BooleanRadioFilter),
    ]
    list_filter_submit = True
    form = UserChangeForm
    add_form = UserCreationForm
    filter_horizontal = ["user_permissions"]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        ("What they may do", {"fields": ["is_staff", "groups"]}),
    ]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("What they may do", {"fields": ["is_active", "is_staff", "groups", "is_superuser"]}),
        ("Who they are", {"fields": ["first_name", "last_name", "email"]}),
        ("Single permissions", {"fields": ["user_permissions"], "classes": ["collapse"]}),
        (KEPT, {"fields": ["last_login", "date_joined"], "classes": ["collapse"]}),
    ]
    change_password_form = AdminPasswordChangeForm
    # Kept by the system: logging in while somebody edits the page is no edit.
    readonly_fields = ["last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """Its groups; a superuser needs none."""
        names = sorted(group.name for group in user.groups.all())
        return ", ".join(["Superuser", *names] if user.is_superuser else names) or NOTHING

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # Whoever is added here is to log in here.
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "groups":
            # There are four of them, not hundreds.
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Group)
class GroupAdmin(GuardsEdits, DjangoGroupAdmin, ModelAdmin):  # type: ignore[type-arg]
    """What people of one kind may do."""

    about = (
        "Who may do what. Four roles come with the product: Viewers look; Operators also switch "
        "campaigns and let them run on; Budget managers also edit; Administrators may do "
        "everything. Changing one changes at once what all its members may do."
    )
    help_texts = {
        "name": "What people are given on their page. The four roles are found by their names: "
        "leave those as they are.",
        "permissions": "What everybody in the group may see and do, at once.",
    }
