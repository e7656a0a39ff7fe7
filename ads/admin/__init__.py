"""The admin: one module for each subject; importing them registers their pages."""

from ads.admin import (
    audit,
    brands,
    campaigns,
    dayparting,
    delivery,
    periodic_tasks,
    site,
    spend,
    users,
)

__all__ = [
    "audit",
    "brands",
    "campaigns",
    "dayparting",
    "delivery",
    "periodic_tasks",
    "site",
    "spend",
    "users",
]
