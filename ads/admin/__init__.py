"""The admin: one module for each subject; importing them registers their pages."""

from ads.admin import (
    api_keys,
    audit,
    beat_schedules,
    brands,
    campaigns,
    column_mappings,
    dayparting,
    delivery,
    imports,
    periodic_tasks,
    references,
    site,
    spend,
    unknown_references,
    users,
    webhooks,
)

__all__ = [
    "api_keys",
    "audit",
    "beat_schedules",
    "brands",
    "campaigns",
    "column_mappings",
    "dayparting",
    "delivery",
    "imports",
    "periodic_tasks",
    "references",
    "site",
    "spend",
    "unknown_references",
    "users",
    "webhooks",
]
