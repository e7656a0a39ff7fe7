"""Brand: a client of the agency."""

import pgtrigger
from django.conf import settings
from django.db import models

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.campaigns.labels import Label
from ads.models.fields import (
    CurrencyField,
    MoneyField,
    TimezoneField,
    is_currency,
    is_money,
    readable_timezone,
)
from ads.models.triggers import marks_brands, moves_updated_at, tracked

_BRAND_FIELDS = [
    "name",
    "timezone",
    "currency",
    "daily_budget",
    "monthly_budget",
    "is_active",
    "stale_after_minutes",
    "stops_when_stale",
    "puts_switches_right",
    "platform_caps",
    "stops_early",
    "account_manager",
]


class PlatformCaps(models.TextChoices):
    """Whether campaigns' daily budgets on their platforms are kept within our limits."""

    NONE = "none", "Leave daily budgets there alone"
    LIMIT = "limit", "The day's limit"
    STRICT = "strict", "Strict: no campaign can go over the day's limit"


#: A ledger without currencies of its own stays true. A reported total of zero leaves no entry.
_FIXED_CURRENCY = pgtrigger.Trigger(
    name="fixed_currency",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__currency__df=pgtrigger.F("new__currency")),
    func="""
        IF EXISTS (
                SELECT FROM ads_campaign AS campaign JOIN ads_spend AS spend
                    ON spend.campaign_id = campaign.id
                 WHERE campaign.brand_id = NEW.id
            ) OR EXISTS (
                SELECT FROM ads_campaign AS campaign JOIN ads_archivedspend AS archived
                    ON archived.campaign_id = campaign.id
                 WHERE campaign.brand_id = NEW.id
            ) OR EXISTS (
                SELECT FROM ads_campaign AS campaign JOIN ads_reportedtotal AS reported
                    ON reported.campaign_id = campaign.id
                 WHERE campaign.brand_id = NEW.id
            )
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                MESSAGE = 'currency: spend of ' || NEW.name || ' has been recorded in '
                    || OLD.currency || ', so its currency is fixed; make another brand for '
                    || NEW.currency || '.';
        END IF;
        RETURN NEW;
    """,
)


@tracked("brand change", "brand changes", _BRAND_FIELDS)
class Brand(ConfigurationModel):
    """A client of the agency; its timezone decides its accounting day and month.

    All its amounts, and those of its campaigns, are in its currency.
    """

    engine_owned = frozenset({"last_daily_reset", "last_monthly_reset"})

    name = models.CharField(
        max_length=200,
        unique=True,
        help_text="The client's name on screens and in files. Must be unique.",
    )
    timezone = TimezoneField(
        help_text="The day of all budgets and spend begins at midnight in this timezone, and the "
        "month on the 1st. Campaigns that had used up their budgets run again then."
    )
    currency = CurrencyField(
        help_text="All its budgets and spend, and those of its campaigns, are in this currency. It "
        "cannot be changed once spend has been recorded."
    )
    daily_budget = MoneyField(
        null=True,
        blank=True,
        help_text="Per day for all its campaigns together. When it is used up, they stop "
        "until midnight in the brand's timezone. Empty: no limit. 0: nothing runs.",
    )
    monthly_budget = MoneyField(
        null=True,
        blank=True,
        help_text="Per month for all its campaigns together. When it is used up, they "
        "stop until the 1st. Empty: no limit. 0: nothing runs.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="Off: all campaigns of the brand stop at once. On: they run again, except those "
        "that a user has paused.",
    )
    stale_after_minutes = models.PositiveIntegerField(
        "spend may be this old",
        null=True,
        blank=True,
        help_text="In minutes. If an ad platform has not reported a campaign's spend for longer, "
        "there is a warning with what has probably been spent since. Empty: no limit.",
    )
    stops_when_stale = models.BooleanField(
        "stop when spend is older",
        default=False,
        db_default=False,
        help_text="On: campaigns whose spend is older stop until their ad platform reports again.",
    )
    puts_switches_right = models.BooleanField(
        "switch back on ad platforms",
        default=True,
        db_default=True,
        help_text="On: a campaign that somebody switches on or off on its ad platform is switched "
        "back, mostly within ten minutes. Off: its page only says so, until its next start or "
        "stop.",
    )
    platform_caps = models.CharField(
        "daily caps on ad platforms",
        max_length=6,
        choices=PlatformCaps.choices,
        default=PlatformCaps.NONE,
        db_default=PlatformCaps.NONE,
        help_text="Lowers campaigns' daily budgets on Google Ads, Meta and Microsoft to what may "
        "be spent that day, never raises them, and restores them when the cap ends. On one day a "
        "platform may spend twice a daily budget (Meta 1.75 times); strict caps allow for that, "
        "and on most days less of the budget is spent. A brand's own limit counts for each of its "
        "campaigns, so several of them can go over it together.",
    )
    stops_early = models.BooleanField(
        "stop early",
        default=False,
        db_default=False,
        help_text="On: near a budget, campaigns stop by so much earlier as they still spend before "
        "a stop takes effect, learned from how earlier pauses turned out. Near the brand's own "
        "budgets, those with the lowest priority stop first. Off: they stop once a budget is used "
        "up.",
    )
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_brands",
        help_text="Who looks after the client. Lists can be filtered by it; permissions do not "
        "depend on it.",
    )
    labels = models.ManyToManyField(Label, blank=True, related_name="brands")
    last_daily_reset = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The last local day that was begun: daily budgets were reset.",
    )
    last_monthly_reset = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The local day on which the last month was begun: monthly budgets were reset.",
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            is_currency("currency", table="brand"),
            is_money("daily_budget", table="brand"),
            is_money("monthly_budget", table="brand"),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="brand_name_is_given",
                violation_error_message="name: give the brand a name.",
            ),
            models.CheckConstraint(
                condition=models.Q(stale_after_minutes__gte=5),
                name="brand_stale_after_is_not_too_short",
                violation_error_message="stale_after_minutes: use 5 or more; ad platforms are "
                "asked every 5 minutes.",
            ),
            models.CheckConstraint(
                condition=models.Q(stops_when_stale=False)
                | models.Q(stale_after_minutes__isnull=False),
                name="brand_stops_when_stale_after_some_time",
                violation_error_message="stale_after_minutes: say after how many minutes its "
                "campaigns are to stop.",
            ),
            models.CheckConstraint(
                condition=models.Q(platform_caps__in=PlatformCaps.values),
                name="brand_platform_caps_is_known",
                violation_error_message="platform_caps: choose none, limit or strict.",
            ),
        ]
        triggers = [
            readable_timezone,
            _FIXED_CURRENCY,
            moves_updated_at(*_BRAND_FIELDS),
            *marks_brands("SELECT id FROM changed"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_currency_fixed(self) -> bool:
        """Has spend been recorded? The database then refuses another currency."""
        spent = self.campaigns.filter(spend__isnull=False)
        reported = self.campaigns.filter(reported_totals__isnull=False)
        recorded = models.Exists(spent) | models.Exists(reported)
        return type(self).objects.filter(recorded, pk=self.pk).exists()


@tracked("label of a brand added or removed", "labels of brands", ["brand", "label"], links=True)
class BrandLabel(Brand.labels.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "label of a brand"
        verbose_name_plural = "labels of brands"

    def __str__(self) -> str:
        return f"{self.label} on {self.brand}"
