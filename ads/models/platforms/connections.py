"""Connections to ad platforms, their accounts and campaigns, and orders to switch these there."""

from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.campaigns import Campaign, DeliveryChange
from ads.models.fields import MoneyField, is_money
from ads.models.triggers import tracked

#: Where each of our campaigns is on platforms, a relation: by its platform ID, one with the account
#: before one without; on the simulated platform, which has no IDs of its own, by ours. Asked for
#: one campaign, or for many in a LATERAL subquery of its own: it then looks each up by its indexes.
MATCHED = """(
    SELECT known.campaign_id, there.id AS there_id, there.account_id, there.remote_id
      FROM ads_campaignreference AS known
      JOIN ads_platformcampaign AS there ON there.remote_id = known.reference
      JOIN ads_platformaccount AS account
        ON account.id = there.account_id AND account.platform = known.platform
     WHERE known.account = account.remote_id
        OR known.account = '' AND NOT EXISTS (
               SELECT FROM ads_campaignreference AS exact
                WHERE exact.platform = known.platform AND exact.account = account.remote_id
                  AND exact.reference = known.reference)
     UNION ALL
    SELECT campaign.id, there.id, there.account_id, there.remote_id
      FROM ads_campaign AS campaign
      JOIN ads_platformcampaign AS there ON there.remote_id = campaign.id::text
      JOIN ads_platformaccount AS account
        ON account.id = there.account_id AND account.platform = 'simulated'
) AS matched
"""


class ConnectionState(models.TextChoices):
    WORKING = "working", "Working"
    REFUSED = "refused", "Credentials refused"
    DISCONNECTED = "disconnected", "Disconnected"


_CONNECTION_FIELDS = ["name", "platform", "source", "is_read_only", "state"]


@tracked("connection change", "connection changes", _CONNECTION_FIELDS)
class Connection(TimestampedModel):
    """Access to one ad platform. Disconnecting forgets the credentials and keeps the ledger."""

    State = ConnectionState

    name = models.CharField(max_length=100, unique=True, help_text="Its name in lists.")
    platform = models.CharField(max_length=50, help_text="The ad platform, such as google_ads.")
    source = models.CharField(
        max_length=100,
        help_text="The source of its spend in the ledger. Two connections to one platform share "
        "it; changing it would count spend twice.",
    )
    #: Sealed JSON; see :mod:`ads.services.senders.encryption`.
    credentials = models.TextField(blank=True, default="", editable=False)
    is_read_only = models.BooleanField(
        "read only",
        default=False,
        help_text="On: spend is read, and campaigns are never switched there.",
    )
    state = models.CharField(
        max_length=20, choices=ConnectionState.choices, default=ConnectionState.WORKING
    )
    problem = models.TextField(
        blank=True, default="", help_text="What the platform last said was wrong, and the remedy."
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When the credentials end. Empty: not known."
    )
    listed_at = models.DateTimeField(
        null=True, blank=True, help_text="When its accounts were last listed."
    )
    disconnected_at = models.DateTimeField(null=True, blank=True)
    operations_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests that the platform allows a day, if it says so."
    )
    operations = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Requests made on the day below."
    )
    operations_on = models.DateField(null=True, blank=True, help_text="In UTC.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(platform="") & ~Q(source=""),
                name="connection_is_named",
                violation_error_message="name: give the connection a name.",
            ),
            models.CheckConstraint(
                condition=~Q(state=ConnectionState.DISCONNECTED)
                | Q(disconnected_at__isnull=False, credentials=""),
                name="connection_forgets_credentials",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlatformAccount(TimestampedModel):
    """An account on a platform: what is known of it, and how fresh its spend is.

    ``platform`` and ``remote_id`` are those of its campaigns' references. Brands are not named:
    an account may be several brands', and a brand may have several accounts, through the platform
    IDs of their campaigns.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="accounts")
    platform = models.CharField(max_length=50)
    source = models.CharField(max_length=100, help_text="The source of its spend in the ledger.")
    remote_id = models.CharField("ID on the platform", max_length=100)
    name = models.CharField(max_length=200, blank=True, default="")
    timezone = models.CharField(
        max_length=64, blank=True, default="", help_text="The timezone of its days."
    )
    currency = models.CharField(max_length=3, blank=True, default="")
    parent = models.CharField(
        max_length=100, blank=True, default="", help_text="The manager account it was found under."
    )
    state = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="What is wrong with it, in the platform's words.",
    )
    is_read = models.BooleanField(
        "spend is read", default=True, help_text="Off: the account is not asked, nor told anything."
    )
    read_since = models.DateTimeField(
        null=True, blank=True, help_text="When its reading was last switched on; empty: as added."
    )
    is_read_only = models.BooleanField(
        "read only",
        default=False,
        help_text="The platform lets nothing be switched through this connection.",
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text="When its last answer, now recorded, was asked for."
    )
    fresh_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Up to when its last answer contained everything, if the platform said so.",
    )
    week_answered_at = models.DateTimeField(
        null=True, blank=True, help_text="The same for the last seven days."
    )
    month_answered_at = models.DateTimeField(
        null=True, blank=True, help_text="The same for the last 35 days."
    )
    reconciled_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its sums were last compared with the platform's and the ledger's.",
    )
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="Not asked before: its quota was used up, or it failed."
    )
    claimed_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Until then a task is asking it, and no other does.",
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(
        blank=True, default="", help_text="Why it could not be read, or what of it is not recorded."
    )
    telling_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Until then it is being told something, and nobody else tells it anything.",
    )
    capping_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The same for daily caps, which are told beside switches and never before them.",
    )

    class Meta:
        verbose_name = "platform account"
        ordering = ["platform", "name", "remote_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "platform", "remote_id"],
                name="platform_account_is_one_per_connection",
            ),
            models.UniqueConstraint(
                fields=["platform", "remote_id", "source"],
                condition=Q(is_read=True),
                name="platform_account_is_read_once",
                violation_error_message="is_read: another connection reads this account.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answered_at"], condition=Q(is_read=True), name="platform_account_oldest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or self.remote_id} ({self.platform})"


class PlatformCampaign(models.Model):
    account = models.ForeignKey(
        PlatformAccount, on_delete=models.CASCADE, related_name="campaigns", db_index=False
    )
    remote_id = models.CharField("ID on the platform", max_length=200)
    name = models.CharField(max_length=200, blank=True, default="")
    is_on = models.BooleanField(
        "switched on there", null=True, help_text="Empty: not known, so nothing is ordered."
    )
    is_serving = models.BooleanField(
        null=True, help_text="Whether it delivers there; empty where the platform does not say."
    )
    status = models.CharField(
        max_length=200, blank=True, default="", help_text="In the platform's words."
    )
    daily_budget = MoneyField(null=True, help_text="On the platform, in the account's currency.")
    is_budget_shared = models.BooleanField(default=False)
    budget_seen_at = models.DateTimeField(
        null=True,
        help_text="The budget is the platform's as of then; looks from before say nothing of it.",
    )
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(
        null=True, help_text="When it was first missing, or seen to be removed."
    )

    class Meta:
        verbose_name = "campaign on a platform"
        verbose_name_plural = "campaigns on platforms"
        ordering = ["account", "name", "remote_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "remote_id"], name="platform_campaign_is_one_per_account"
            ),
            is_money("daily_budget", table="platform_campaign"),
        ]
        indexes = [models.Index(fields=["remote_id"], name="platform_campaign_by_remote_id")]

    def __str__(self) -> str:
        return self.name or self.remote_id


class OrderState(models.TextChoices):
    """What became of an order."""

    PENDING = "pending", "To be told"
    UNKNOWN = "unknown", "Told, not confirmed yet"
    CONFIRMED = "confirmed", "Confirmed"
    REFUSED = "refused", "Refused by the platform"
    WITHDRAWN = "superseded", "Withdrawn"


class SwitchOrder(models.Model):
    """ "Run" or "stop", to be told to a platform for one platform ID of a campaign.

    Written in the transaction that decided it. A reference has one open order, the latest.
    """

    State = OrderState

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="switch_orders", db_index=False
    )
    account = models.ForeignKey(
        PlatformAccount, on_delete=models.CASCADE, related_name="switch_orders", db_index=False
    )
    remote_id = models.CharField("ID on the platform", max_length=200)
    is_on = models.BooleanField("run")
    change = models.ForeignKey(
        DeliveryChange,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="switch_orders",
        help_text="The switch that it passes on; empty: it puts right what was changed there.",
    )
    written_at = models.DateTimeField(help_text="When it was decided.")
    state = models.CharField(max_length=12, choices=OrderState.choices, default=OrderState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, help_text="Told, or looked at, again from then on.")
    told_at = models.DateTimeField(null=True, help_text="When the platform was first told.")
    settled_at = models.DateTimeField(
        null=True, help_text="When it was confirmed, refused or withdrawn."
    )
    code = models.CharField(max_length=100, blank=True, default="")
    answer = models.TextField(
        blank=True, default="", help_text="In the platform's words, or why it was withdrawn."
    )

    class Meta:
        verbose_name = "switch order"
        ordering = ["-written_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "remote_id"],
                condition=Q(state__in=["pending", "unknown"]),
                name="switch_order_open_is_one",
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "-written_at"], name="switch_order_by_campaign"),
            models.Index(fields=["account", "remote_id", "-id"], name="switch_order_by_place"),
            models.Index(
                fields=["account", "next_at"],
                condition=Q(state__in=["pending", "unknown"]),
                name="switch_order_open",
            ),
            models.Index(
                fields=["change"], condition=Q(change__isnull=False), name="switch_order_by_change"
            ),
            models.Index(
                fields=["settled_at"], condition=Q(state="refused"), name="switch_order_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{'run' if self.is_on else 'stop'} {self.remote_id}"
