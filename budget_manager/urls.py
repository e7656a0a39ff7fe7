"""Addresses: the admin is the front page."""

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from ads.admin.people import ask, set_up
from ads.admin.reports import shared_report
from ads.api.application import api, list_problems

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/second-factor/", ask, name="second_factor"),
    path("admin/second-factor/setup/", set_up, name="second_factor_setup"),
    path("admin/", admin.site.urls),
    re_path(
        r"^report/(?P<token>[^/.]+)(?P<end>/|\.pdf|\.csv)$", shared_report, name="shared_report"
    ),
    path("api/v1/problems", list_problems, name="problems"),
    path("api/v1/", api.urls),
]
