"""What people are permitted: their roles, less what nobody may who is limited to brands."""

from typing import Any, Final

from django.apps import apps
from django.contrib.auth.backends import ModelBackend

from ads.services import visible

#: A new brand would not be among theirs.
_NEVER: Final = frozenset({"ads.add_brand"})


class Roles(ModelBackend):
    """Permissions by roles; those of limited people are about what can be of a brand."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        permitted: set[str] = super().get_all_permissions(user_obj, obj)
        if obj is not None or not permitted or visible.brands_of(user_obj) is None:
            return permitted
        if not hasattr(user_obj, "limited_permissions"):  # kept with the user, as Django keeps all
            user_obj.limited_permissions = {one for one in permitted if is_for_limited(one)}
        limited: set[str] = user_obj.limited_permissions
        return limited


def is_for_limited(permission: str) -> bool:
    """May people who are limited to brands have it? Such as "ads.view_spend"."""
    app, _, codename = permission.partition(".")
    try:
        model = apps.get_model(app, codename.partition("_")[2])
    except LookupError:
        return False
    return permission not in _NEVER and visible.is_known(model)
