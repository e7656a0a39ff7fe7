"""Who looks at the pages."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def operator(db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("olivia")


@pytest.fixture
def admin(operator: User) -> Client:
    """The operator's browser."""
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """The browser of staff who have just these permissions, such as ``view_campaign``."""

    def login(*codenames: str) -> Client:
        user = User.objects.create_user(f"staff {User.objects.count()}", is_staff=True)
        permissions = Permission.objects.filter(codename__in=codenames)
        assert {permission.codename for permission in permissions} == set(codenames)
        user.user_permissions.set(permissions)
        client = Client()
        client.force_login(user)
        return client

    return login
