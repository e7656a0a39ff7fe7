"""The second of two editors."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def bob(db: None) -> Client:
    """Another superuser's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("bob"))
    return client
