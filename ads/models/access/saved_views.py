"""Lists as people want them: filters, order and columns under a name."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from ads.models.base import TimestampedModel


class SavedView(TimestampedModel):
    """A list of the console with filters, search, order and columns, one's own or shared.

    What it keeps is checked against the list when it is opened: filters and columns come and go.
    """

    #: The label of the model whose rows are listed: "ads.campaign".
    list_name = models.CharField(max_length=100)
    name = models.CharField(max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="saved_views",
        help_text="None: it is shared with everybody.",
    )
    #: The search and the filters, as in the list's address.
    query = models.TextField(blank=True, default="")
    #: Names of columns, as in ``order_by``; empty: as usual.
    order = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    columns = ArrayField(models.CharField(max_length=100), default=list, blank=True)

    class Meta:
        default_permissions = ()
        permissions = [("share_savedview", "Can share saved views and change shared ones")]
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "list_name", "owner", Lower("name"), name="saved_view_name_is_unique_of_its_owner"
            ),
            models.UniqueConstraint(
                "list_name",
                Lower("name"),
                name="shared_view_name_is_unique",
                condition=Q(owner__isnull=True),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_name_is_given"),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="default_views"
    )
    list_name = models.CharField(max_length=100)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "list_name"], name="one_default_view_of_a_list")
        ]

    def __str__(self) -> str:
        return f"{self.view} for {self.user}"
