"""Imports of spend files in the admin."""

from ads.admin.imports.admin import SpendImportAdmin
from ads.admin.imports.choices import ACCEPTED, ENCODINGS
from ads.admin.imports.column_mappings import ColumnMappingAdmin
