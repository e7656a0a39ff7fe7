"""The admin: a package for each subject. Importing a package registers its pages."""

from ads.admin import (
    backups,
    base,
    brands,
    budget_groups,
    campaigns,
    connections,
    history,
    imports,
    overview,
    people,
    plans,
    receipts,
    references,
    schedules,
    senders,
    spend,
    tasks,
)
