"""What each role may: the decisions, as opposed to what the admin's code makes of them."""

from enum import IntEnum
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django.test import Client


class Role(IntEnum):
    """Each may do what those before it may."""

    VIEWER = 1
    OPERATOR = 2
    BUDGET_MANAGER = 3
    ADMINISTRATOR = 4


ROLES: Final = {
    Role.VIEWER: "Viewer",
    Role.OPERATOR: "Operator",
    Role.BUDGET_MANAGER: "Budget manager",
    Role.ADMINISTRATOR: "Administrator",
}

V, O, B, A = Role  # noqa: E741  (columns of tables below)


def _pages(view: Role, add: Role = A, change: Role = A, delete: Role = A) -> dict[str, Role]:
    """The least role for each page; whether what is changed is saved, :data:`FIELDS` says."""
    return {"changelist": view, "change": view, "history": view, "add": add, "delete": delete}


_RECORD: Final = _pages(V)  # nobody adds, changes or deletes one
_SECRET: Final = _pages(A)

#: Of each model, who opens which page.
PAGES: Final = {
    "ads.alert": _RECORD,
    "ads.alertmessage": _RECORD,
    "ads.alertrule": _pages(V, add=B, delete=B),
    "ads.alertruleevent": _RECORD,
    "ads.alertrulechannelevent": _SECRET,
    "ads.channel": _SECRET,
    "ads.channelevent": _SECRET,
    "ads.archivedmonth": _RECORD,
    "ads.accountdifference": _RECORD,
    "ads.backup": _RECORD,
    "ads.brand": _pages(V, add=B),
    "ads.brandevent": _RECORD,
    "ads.budgetgroup": _pages(V, add=B, delete=B),
    "ads.budgetgroupevent": _RECORD,
    "ads.budgetplanevent": _RECORD,
    "ads.scheduledchange": _RECORD,
    "ads.scheduledchangeevent": _RECORD,
    "ads.campaign": _pages(V, add=B),
    "ads.campaignevent": _RECORD,
    "ads.campaignreference": _pages(V, add=B, delete=B),
    "ads.campaignreferenceevent": _RECORD,
    "ads.campaignscheduleevent": _RECORD,
    "ads.columnmapping": _pages(V, add=B, delete=B),
    "ads.connection": _pages(V),
    "ads.connectionevent": _RECORD,
    "ads.daypartingschedule": _pages(V, add=B, delete=B),
    "ads.daypartingscheduleevent": _RECORD,
    "ads.reportlink": _pages(V, add=B),
    "ads.reportlinkevent": _RECORD,
    "ads.reportschedule": _pages(V, add=B, delete=B),
    "ads.reportscheduleevent": _RECORD,
    "ads.seasonalityadjustment": _pages(V, add=B, change=V, delete=B),
    "ads.seasonalityadjustmentevent": _RECORD,
    "ads.daypartingwindowevent": _RECORD,
    "ads.deliverychange": _RECORD,
    "ads.heartbeat": _RECORD,
    "ads.label": _pages(V, add=B, delete=B),
    "ads.labelevent": _RECORD,
    "ads.brandlabelevent": _RECORD,
    "ads.campaignlabelevent": _RECORD,
    "ads.note": _RECORD,
    "ads.platformaccount": _RECORD,
    "ads.platformcampaign": _RECORD,
    "ads.reportedtotal": _RECORD,
    "ads.simulatedswitch": _RECORD,
    "ads.switchorder": _RECORD,
    "ads.budgetcap": _RECORD,
    "ads.spend": _RECORD,
    "ads.spendimport": _pages(V, add=B),
    "ads.spendbatch": _RECORD,
    "ads.spendtotal": _RECORD,
    "ads.allowanceevent": _RECORD,
    "ads.spendtotalevent": _RECORD,
    "ads.unknownreference": _RECORD,
    "ads.waitingspend": _RECORD,
    "ads.accountevent": _SECRET,
    "ads.accountpermissionevent": _SECRET,
    "ads.accountroleevent": _SECRET,
    "ads.personbrandevent": _SECRET,
    "ads.personevent": _SECRET,
    "ads.rolepermissionevent": _SECRET,
    "ads.signin": _SECRET,
    "ads.apikey": _SECRET,
    "ads.apikeybrandevent": _SECRET,
    "ads.apikeyevent": _SECRET,
    "ads.webhookdelivery": _SECRET,
    "ads.webhookendpoint": _SECRET,
    "ads.webhookendpointbrandevent": _SECRET,
    "ads.webhookendpointevent": _SECRET,
    "auth.group": _SECRET,
    "auth.user": _SECRET,
    "django_celery_beat.clockedschedule": _pages(V),
    "django_celery_beat.crontabschedule": _pages(V),
    "django_celery_beat.intervalschedule": _pages(V),
    "django_celery_beat.periodictask": _pages(V),
}

#: Pages beside those.
OTHER_PAGES: Final = {
    "admin:index": V,
    "admin:login": V,
    "admin:app_list": V,
    "admin:password_change": V,
    "admin:password_change_done": V,
    "problems": V,
    "second_factor_setup": V,
    "api-1:openapi-view": V,
    "admin:ads_alertrule_preview": V,
    "admin:ads_channel_send_test": A,
    "admin:ads_brand_export_csv": V,
    "admin:ads_brand_download_setup": B,
    "admin:ads_brand_set_up_by_file": B,
    "admin:ads_brand_receipts": V,
    "admin:ads_brand_what_if": V,
    "admin:ads_brand_report": V,
    "admin:ads_reportlink_revoke_link": B,
    "admin:ads_reportschedule_send_now": B,
    "shared_report": V,
    "admin:ads_brand_pause": O,
    "admin:ads_brand_resume": O,
    "admin:ads_brand_let_run_on": O,
    "admin:ads_brand_change_budgets": B,
    "admin:ads_brand_schedule_budgets": B,
    "admin:ads_campaign_schedule_budgets": B,
    "admin:ads_brand_plan": B,
    "admin:ads_campaign_plan": B,
    "admin:ads_scheduledchange_calendar": V,
    "admin:ads_scheduledchange_calendar_button": V,
    "admin:ads_campaign_export_csv": V,
    "admin:ads_campaign_download_setup": B,
    "admin:ads_campaign_set_up_by_file": B,
    "admin:ads_campaign_let_run_on": O,
    "admin:ads_connection_first_look": A,
    "admin:ads_connection_try_it": A,
    "admin:ads_connection_renew": A,
    "admin:ads_connection_disconnect": A,
    "admin:ads_deliverychange_export_csv": V,
    "admin:ads_platformaccount_switch_reading": A,
    "admin:ads_spend_export_csv": V,
    "admin:ads_spendtotal_export_csv": V,
    "admin:ads_spend_correct": B,
    "admin:ads_spend_new_correction": B,
    "admin:ads_spendbatch_undo": B,
    "admin:ads_spendimport_read": B,
    "admin:ads_unknownreference_match_by_name": B,
    "admin:ads_unknownreference_match_campaign": B,
    "admin:ads_unknownreference_match_new": B,
    "admin:ads_unknownreference_discard": B,
    "admin:ads_apikey_revoke_key": A,
    "admin:ads_webhookendpoint_rotate": A,
    "admin:auth_user_password_change": A,
}

_DELETE: Final = "delete_selected"

#: Of each list, who may do what to the rows that are selected.
ACTIONS: Final = {
    "ads.alert": {"acknowledge": O},
    "ads.alertrule": {_DELETE: B},
    "ads.channel": {_DELETE: A},
    "ads.brand": {
        "pause_all_campaigns": O,
        "resume_campaigns": O,
        "let_run_on": O,
        "change_their_budgets": B,
        "schedule_their_budgets": B,
        "add_label": B,
        "remove_label": B,
        "export_selected": V,
        _DELETE: A,
    },
    "ads.campaign": {
        "activate": O,
        "pause": O,
        "reset_daily_spend": O,
        "change_budgets": B,
        "schedule_budgets": B,
        "change_priority": B,
        "budget_group": B,
        "attach_schedule": B,
        "detach_schedule": B,
        "add_label": B,
        "remove_label": B,
        "complete": B,
        "archive": B,
        "export_selected": V,
        _DELETE: A,
    },
    "ads.budgetgroup": {_DELETE: B},
    "ads.scheduledchange": {"cancel": B},
    "ads.campaignreference": {_DELETE: B},
    "ads.columnmapping": {_DELETE: B},
    "ads.label": {_DELETE: B},
    "ads.daypartingschedule": {_DELETE: B},
    "ads.reportlink": {"revoke_links": B},
    "ads.reportschedule": {_DELETE: B},
    "ads.seasonalityadjustment": {_DELETE: B},
    "ads.platformaccount": {"read_accounts": A, "stop_reading": A},
    "ads.switchorder": {"tell_again": B},
    "ads.unknownreference": {"match_selected": B, "discard_selected": B},
    "ads.apikey": {"revoke_keys": A},
    "auth.group": {_DELETE: A},
    "auth.user": {"unlock": A, "reset_second_factor": A, _DELETE: A},
    "django_celery_beat.clockedschedule": {_DELETE: A},
    "django_celery_beat.crontabschedule": {_DELETE: A},
    "django_celery_beat.intervalschedule": {_DELETE: A},
    "django_celery_beat.periodictask": {
        "enable_tasks": A,
        "disable_tasks": A,
        "run_tasks": A,
        _DELETE: A,
    },
}

#: Of each list in which something is typed in, who may change which field.
LISTS: Final[dict[str, dict[Role, set[str]]]] = {
    "ads.campaign": {B: {"daily_budget", "monthly_budget"}},
}

#: Of each page on which something is changed, who may change which field.
FIELDS: Final[dict[str, dict[Role, set[str]]]] = {
    "ads.alertrule": {
        B: {
            *("name", "kind", "is_active", "brand", "owners", "period", "thresholds", "channels"),
            *("quiet_from", "quiet_until", "timezone"),
        }
    },
    "ads.channel": {
        A: {
            *("name", "way", "sends_to", "is_active", "rules", "account_manager"),
            *("frequency", "digest_at", "timezone"),
        }
    },
    "ads.brand": {
        B: {
            "name",
            "currency",
            "is_active",
            "timezone",
            "daily_budget",
            "monthly_budget",
            "stale_after_minutes",
            "stops_when_stale",
            "puts_switches_right",
            "platform_caps",
            "stops_early",
            "account_manager",
        }
    },
    "ads.campaign": {
        B: {
            "name",
            "status",
            "daily_budget",
            "monthly_budget",
            "total_budget",
            "budget_group",
            "start_date",
            "end_date",
            "is_dayparting_enabled",
            "priority",
            "campaignschedule_set.schedule",
            "references.platform",
            "references.account",
            "references.reference",
        }
    },
    "ads.label": {B: {"name", "color"}},
    "ads.budgetgroup": {
        B: {"name", "daily_budget", "monthly_budget", "total_budget", "start_date"}
    },
    "ads.campaignreference": {B: {"campaign", "platform", "account", "reference"}},
    "ads.columnmapping": {
        B: {
            "name",
            "source",
            "platform",
            "account",
            "date_format",
            "decimal",
            "format",
            "unit",
            "is_daily",
            "round_amounts",
            "column_account",
            "column_amount",
            "column_campaign",
            "column_currency",
            "column_date",
            "column_description",
            "column_external_id",
            "column_hour",
            "column_occurred_at",
            "column_reference",
            "column_timezone",
            "timezone",
        }
    },
    "ads.daypartingschedule": {
        B: {
            "name",
            "is_active",
            "timezone",
            "priority",
            "valid_from",
            "valid_until",
            "windows.day_of_week",
            "windows.start_time",
            "windows.end_time",
        }
    },
    "ads.reportschedule": {B: {"brand", "channel", "day_of_month", "is_active"}},
    "ads.seasonalityadjustment": {B: {"name", "brand", "start_date", "end_date", "factor"}},
    "ads.apikey": {
        A: {
            "name",
            "source",
            "scopes",
            "every_brand",
            "brands",
            "expires_at",
            "requests_per_minute",
        }
    },
    "ads.connection": {A: {"name", "is_read_only"}},
    "ads.webhookendpoint": {
        A: {"name", "source", "every_brand", "brands", "is_active", "on_overlap"}
    },
    "auth.group": {A: {"name", "permissions"}},
    "auth.user": {
        A: {
            "username",
            "password",
            "first_name",
            "last_name",
            "email",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
            "person.every_brand",
            "person.brands",
        }
    },
    "django_celery_beat.clockedschedule": {A: {"clocked_time"}},
    "django_celery_beat.crontabschedule": {
        A: {"minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"}
    },
    "django_celery_beat.intervalschedule": {A: {"every", "period"}},
    "django_celery_beat.periodictask": {
        A: {
            "name",
            "enabled",
            "description",
            "regtask",
            "task",
            "interval",
            "crontab",
            "clocked",
            "start_time",
            "one_off",
            "args",
            "kwargs",
            "queue",
            "exchange",
            "routing_key",
            "priority",
            "headers",
            "expires",
            "expire_seconds",
        }
    },
}


def label(model: Any) -> str:
    """What the tables above call a model."""
    return str(model._meta.label_lower)


def somebody(role: Role) -> User:
    """Somebody new in a role."""
    user = User.objects.create_user(f"new {role.name}", is_staff=True)
    user.groups.add(Group.objects.get(name=ROLES[role]))
    return user


def browser_of(user: User) -> Client:
    """The browser in which somebody is logged in."""
    client = Client()
    client.force_login(user)
    return client
