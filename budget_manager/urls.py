"""Addresses: the admin is the front page."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from ads.api.application import api, list_problems

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/problems", list_problems, name="problems"),
    path("api/v1/", api.urls),
]
