"""Labels: words of the agency's own on brands and campaigns, to find them together."""

from django.db import models
from django.db.models.functions import Lower

from ads.models.base import TimestampedModel
from ads.models.triggers import tracked


class Color(models.TextChoices):
    GRAY = "gray", "Gray"
    BLUE = "blue", "Blue"
    GREEN = "green", "Green"
    YELLOW = "yellow", "Yellow"
    RED = "red", "Red"
    PURPLE = "purple", "Purple"


@tracked("label change", "label changes", ["name", "color"])
class Label(TimestampedModel):
    """A word on any number of brands and campaigns. It changes nothing about delivery."""

    Color = Color

    name = models.CharField(
        max_length=50,
        help_text="As it is shown on brands and campaigns and written in files. Must be unique, "
        "whatever its capitals.",
    )
    color = models.CharField(max_length=10, choices=Color.choices, default=Color.GRAY)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="label_name_is_unique",
                violation_error_message="name: there is a label of this name already.",
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="label_name_is_given",
                violation_error_message="name: give the label a name.",
            ),
            models.CheckConstraint(
                condition=models.Q(color__in=Color.values),
                name="label_color_is_known",
                violation_error_message=f"color: use one of {', '.join(Color.values)}.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
