"""Bulk setup by file: the pages that upload, preview and apply one."""

from ads.admin.setup import text
from ads.admin.setup.pages import PERMISSIONS, SetsUpByFile, of_brands, of_campaigns
