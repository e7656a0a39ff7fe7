"""Users, and the groups that are their roles."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ads.admin.base import KEPT, ModelAdmin, TabularInline
from ads.admin.editing import GuardsEdits
from ads.admin.elements import NOTHING
from ads.client_address import client_address
from ads.models import Person
from ads.models.access import SignInKind
from ads.services.people import second_factor, sign_ins

admin.site.unregister([User, Group])


class BrandsInline(TabularInline[Person, User]):
    model = Person
    fields = ["every_brand", "brands"]
    autocomplete_fields = ["brands"]
    extra = 0
    max_num = 1
    can_delete = False
    hide_title = True
    verbose_name = verbose_name_plural = "brand limit"


@admin.register(User)
class UserAdmin(GuardsEdits, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
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
    actions = ["unlock", "reset_second_factor"]
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
        person = getattr(user, "person", None)
        if person is None or person.every_brand or user.is_superuser:
            return "every brand"
        return ", ".join(sorted(brand.name for brand in person.brands.all())) or "none"

    @admin.action(description="Unlock", permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:
        """Let them try to log in again at once."""
        for user in queryset:
            sign_ins.unlock(timezone.now(), username=user.get_username())
        names = ", ".join(user.get_username() for user in queryset)
        self.message_user(request, f"Unlocked: {names}.", messages.SUCCESS)

    @admin.action(description="Reset second factor …", permissions=["change"])
    def reset_second_factor(
        self, request: HttpRequest, queryset: "QuerySet[User]"
    ) -> TemplateResponse | None:
        """Turn it off for people who have lost their phone; asks first."""
        users = list(queryset)
        if "confirmed" in request.POST:
            reset = [user for user in users if second_factor.remove(user)]
            for user in reset:
                kind = SignInKind.FACTOR_RESET
                sign_ins.note(kind, user.get_username(), client_address(request), timezone.now())
            names = ", ".join(user.get_username() for user in reset)
            text = f"Second factor reset: {names}." if names else "They have no second factor."
            self.message_user(request, text, messages.SUCCESS if names else messages.INFO)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Reset second factor",
            "text": "They can log in with their password alone until they set up a second factor "
            "again. Call them back first, to be sure that the request is theirs.",
            "yes": "Reset",
            "back": reverse("admin:auth_user_changelist"),
            "rows": [user.get_username() for user in users],
            "hidden": [
                ("action", "reset_second_factor"),
                ("confirmed", "yes"),
                *((ACTION_CHECKBOX_NAME, user.pk) for user in users),
            ],
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

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
    about = (
        "Groups are the roles of users. Four come with the product: Viewers look; Operators also "
        "pause and resume campaigns and let them run on; Budget managers also edit; Administrators "
        "may do everything. A change takes effect at once for all members."
    )
    help_texts = {
        "name": "Do not rename the four that come with the product: they are found by name.",
        "permissions": "What every member may see and do.",
    }
