"""People: the brands they are limited to, their second factor, and their logins."""

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ads.models.access.senders import LimitedToBrands
from ads.models.base import TimestampedModel
from ads.models.triggers import tracked


@tracked("change of a person's brands", "changes of people's brands", ["user", "every_brand"])
class Person(LimitedToBrands, TimestampedModel):
    """The brands that a person may see and change; who has no such row may see every brand."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person"
    )
    every_brand = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Off: sees and changes only the brands chosen here, and nothing shared.",
    )

    class Meta:
        verbose_name = "brands of a person"
        verbose_name_plural = "brands of people"

    def __str__(self) -> str:
        return str(self.user)


@tracked("brand of a person", "brands of people", ["person", "brand"], links=True)
class PersonBrand(Person.brands.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "brand of a person"
        verbose_name_plural = "brands of people"

    def __str__(self) -> str:
        return f"{self.brand} of {self.person}"


@tracked(
    "change of a user", "changes of users", ["username", "is_active", "is_staff", "is_superuser"]
)
class Account(User):
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "user"


@tracked("role of a user", "roles of users", ["user", "group"], links=True)
class AccountRole(User.groups.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "role of a user"


@tracked("permission of a user", "permissions of users", ["user", "permission"], links=True)
class AccountPermission(User.user_permissions.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "permission of a user"


@tracked("permission of a role", "permissions of roles", ["group", "permission"], links=True)
class RolePermission(Group.permissions.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "permission of a role"


class SecondFactor(TimestampedModel):
    """A person's authenticator app; recovery codes as hashes, each good once."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    #: Encrypted, because codes are worked out from it.
    secret = models.TextField(editable=False)
    #: None while it is being set up.
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: The last period of 30 seconds whose code was used: no code is good twice.
    last_period = models.BigIntegerField(default=0, editable=False)
    recovery_hashes = ArrayField(models.CharField(max_length=64), default=list, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Second factor of {self.user}"


class SignInKind(models.TextChoices):
    SIGNED_IN = "signed_in", "Logged in"
    FAILED = "failed", "Failed"
    LOCKED_OUT = "locked_out", "Refused: too many failures"
    CODE_ASKED = "code_asked", "Password right, code asked for"
    SIGNED_OUT = "signed_out", "Logged out"
    CODE_FAILED = "code_failed", "Wrong code of the second factor"
    RECOVERY_CODE = "recovery_code", "Recovery code used"
    FACTOR_ON = "factor_on", "Second factor turned on"
    FACTOR_OFF = "factor_off", "Second factor turned off"
    FACTOR_RESET = "factor_reset", "Second factor reset"
    UNLOCKED = "unlocked", "Unlocked"


class SignIn(models.Model):
    """A login that succeeded, failed or was refused, a logout, or a change of the factor."""

    Kind = SignInKind

    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=SignInKind.choices)
    #: As it was typed, which need not be a user's.
    username = models.CharField(max_length=150)
    address = models.GenericIPAddressField("from", null=True, blank=True)
    by = models.CharField(max_length=150, blank=True, default="", help_text="Who did it for them.")
    #: Does a failure count toward the limits? Not once they logged in or were unlocked.
    counts = models.BooleanField(default=False)

    class Meta:
        verbose_name = "login"
        default_permissions = ("view",)
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="sign_in_at"),
            # Not of failures alone: from where has the user logged in of late?
            models.Index(fields=["username", "at"], name="sign_in_by_user"),
            models.Index(
                fields=["address", "at"], name="sign_in_by_address", condition=models.Q(counts=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.username}"
