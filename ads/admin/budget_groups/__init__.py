"""Pages of budget groups: what campaigns share, and what is left of it."""

from ads.admin.budget_groups import admin
