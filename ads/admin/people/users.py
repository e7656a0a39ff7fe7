"""Users, and the groups that are their roles."""

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

from ads.admin.base import KEPT, ModelAdmin, TabularInline
from ads.admin.editing import GuardsEdits
from ads.admin.elements import NOTHING
from ads.models import Person

admin.site.unregister([User, Group])


class BrandsInline(TabularInline[Person, User]):
    """The brands that a user is limited to."""

    model = Person
    fields = ["every_brand", "brands"]
    autocomplete_fields = ["brands"]
    extra = 0
    max_num = 1
    can_delete = False
    hide_title = True
    verbose_name_plural = "Brands"


@admin.register(User)
class UserAdmin(GuardsEdits, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People who log in."""

    about = (
        "The people who log in here. Their groups are their roles, which decide what they may see "
        "and do. What they did stays on record under their names."
    )
    help_texts = {
        "username": "Used to log in, and shown in lists and in the change history.",
        "usable_password": "Disabled: no login with a password.",
        "first_name": "For your own information.",
        "last_name": "For your own information.",
        "email": "For your own information; the system sends no mail.",
        "is_active": "Off: cannot log in any more. Switch this off instead of deleting a user.",
        "is_staff": "On: may log in here. The groups decide what this user sees.",
        "is_superuser": "On: may do everything, whatever the groups.",
        "groups": "Viewers look; Operators also pause and resume campaigns and let them run on; "
        "Budget managers also edit; Administrators may do everything.",
        "user_permissions": "Single permissions in addition to the groups; seldom needed.",
    }
    list_display = [
        "username",
        "first_name",
        "last_name",
        "roles",
        "brands",
        "is_active",
        "last_login",
    ]
    list_filter = [
        ("groups", RelatedDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("is_superuser", BooleanRadioFilter),
    ]
    list_filter_submit = True
    inlines = [BrandsInline]
    form = UserChangeForm
    add_form = UserCreationForm
    filter_horizontal = ["user_permissions"]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        ("Roles", {"fields": ["is_staff", "groups"]}),
    ]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Roles", {"fields": ["is_active", "is_staff", "groups", "is_superuser"]}),
        ("Personal details", {"fields": ["first_name", "last_name", "email"]}),
        ("Permissions", {"fields": ["user_permissions"], "classes": ["collapse"]}),
        (KEPT, {"fields": ["last_login", "date_joined"], "classes": ["collapse"]}),
    ]
    change_password_form = AdminPasswordChangeForm
    # Written by logins, which must not conflict with an edit of the page.
    readonly_fields = ["last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows.select_related("person").prefetch_related("person__brands")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """Its groups; a superuser needs none."""
        names = sorted(group.name for group in user.groups.all())
        return ", ".join(["Superuser", *names] if user.is_superuser else names) or NOTHING

    @admin.display(description="brands")
    def brands(self, user: User) -> str:
        """The brands that the user is limited to."""
        person = getattr(user, "person", None)
        if person is None or person.every_brand or user.is_superuser:
            return "every brand"
        return ", ".join(sorted(brand.name for brand in person.brands.all())) or "none"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Group)
class GroupAdmin(GuardsEdits, DjangoGroupAdmin, ModelAdmin):  # type: ignore[type-arg]
    """The roles of users."""

    about = (
        "Groups are the roles of users. Four come with the product: Viewers look; Operators also "
        "pause and resume campaigns and let them run on; Budget managers also edit; Administrators "
        "may do everything. A change takes effect at once for all members."
    )
    help_texts = {
        "name": "Do not rename the four that come with the product: they are found by name.",
        "permissions": "What every member may see and do.",
    }
