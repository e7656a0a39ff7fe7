"""Bulk setup by file: the pages that upload, preview and apply one."""

from ads.admin.setup.pages import SetsUpByFile, of_brands, of_campaigns
