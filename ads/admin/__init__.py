"""The admin: a package for each subject. Importing a package registers its pages."""

from ads.admin import (
    alerts,
    backups,
    base,
    brands,
    campaigns,
    connections,
    history,
    imports,
    overview,
    people,
    receipts,
    references,
    replay,
    reports,
    schedules,
    seasonality,
    senders,
    spend,
    tasks,
    team,
)
