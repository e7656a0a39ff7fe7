"""Brands in the admin."""

from ads.admin.brands.admin import BrandAdmin
