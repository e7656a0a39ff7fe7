"""Addresses: the admin is the front page."""

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from ads.admin.base import change_view, choose_columns, open_view, save_view
from ads.admin.people import ask, set_up
from ads.admin.reports import shared_report
from ads.api.application import api, list_problems

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/second-factor/", ask, name="second_factor"),
    path("admin/second-factor/setup/", set_up, name="second_factor_setup"),
    path("admin/views/columns/", admin.site.admin_view(choose_columns), name="choose_columns"),
    path("admin/views/save/", admin.site.admin_view(save_view), name="save_view"),
    path("admin/views/<int:pk>/", admin.site.admin_view(open_view), name="saved_view"),
    path("admin/views/<int:pk>/change/", admin.site.admin_view(change_view), name="change_view"),
    path("admin/", admin.site.urls),
    re_path(
        r"^report/(?P<token>[^/.]+)(?P<end>/|\.pdf|\.csv)$", shared_report, name="shared_report"
    ),
    path("api/v1/problems", list_problems, name="problems"),
    path("api/v1/", api.urls),
]
