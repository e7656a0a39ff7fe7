"""Which columns a list shows: those of the address, or the usual ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views import main
from django.http import HttpRequest
from django.utils.text import capfirst

from ads.admin.elements import AdminMixin

#: In a list's address: names of columns, and the saved view that it was opened with.
COLUMNS, VIEW = "cols", "view"

_of_django = main.ChangeList.get_filters_params


def _filters_params(self: main.ChangeList, params: dict[str, Any] | None = None) -> dict[str, Any]:
    lookups = _of_django(self, params)
    for name in (COLUMNS, VIEW):
        lookups.pop(name, None)
    return lookups


# No list takes them for filters. Django has ``IGNORED_PARAMS`` for that, but the theme sets
# it back to its own (findings/django_admin_theme_resets_ignored_parameters.sh).
main.ChangeList.get_filters_params = _filters_params  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that can be shown; one that ``is_fixed`` always is."""

    name: str
    label: str
    is_shown: bool
    is_fixed: bool


class ChoosesColumns(AdminMixin[Any]):
    """A list whose columns can be chosen; the first one, and links to rows, always stay."""

    #: Columns that are shown only to those who choose them.
    hidden_at_first: Collection[str] = ()
    #: What a column is called that is shown under another name.
    column_names: Mapping[str, str] = {}

    def get_list_display(self, request: HttpRequest) -> Any:
        every: list[Any] = list(super().get_list_display(request))
        chosen = set(request.GET.get(COLUMNS, "").split(",")) & set(map(name_of, every))
        if not chosen:
            return [one for one in every if one not in self.hidden_at_first]
        fixed = self._fixed(every)
        return [one for one in every if name_of(one) in chosen | fixed]

    def _fixed(self, every: Sequence[Any]) -> set[str]:
        return {name_of(one) for one in (*every[:1], *(self.list_display_links or ()))}

    def shown_columns(self, request: HttpRequest) -> list[str]:
        names = map(name_of, self.get_list_display(request))
        return [self.column_names.get(name, name) for name in names]

    def column_choices(self, request: HttpRequest) -> list[Choice]:
        """Every column of the list, and whether it is shown at this address."""
        shown = set(self.shown_columns(request))
        fixed = self._fixed(self.list_display)
        return [
            Choice(
                name := name_of(column),
                capfirst(str(label_for_field(column, self.model, self))),
                name in shown,
                name in fixed,
            )
            for column in self.list_display
        ]

    def order_of(self, request: HttpRequest) -> list[str]:
        """The order that the address asks for, by names of columns: "-today"."""
        shown = self.shown_columns(request)
        order = []
        for part in request.GET.get(main.ORDER_VAR, "").split("."):
            digits = part.removeprefix("-")
            place = int(digits) - self._before(request) if _is_place(digits) else -1
            if 0 <= place < len(shown):
                order.append(f"{part[: part.startswith('-')]}{shown[place]}")
        return order

    def as_places(self, request: HttpRequest, order: Sequence[str]) -> str:
        """That order as an address has it, of columns that it shows: "-6.1"."""
        shown = self.shown_columns(request)
        return ".".join(
            f"{part[: part.startswith('-')]}{shown.index(name) + self._before(request)}"
            for part in order
            if (name := part.removeprefix("-")) in shown
        )

    def _before(self, request: HttpRequest) -> int:
        """How many columns stand before the first: the one with the boxes of actions."""
        return 1 if self.get_actions(request) else 0


def name_of(column: Any) -> str:
    """What a column of ``list_display`` is called."""
    return column if isinstance(column, str) else str(getattr(column, "__name__", column))


_LONGEST_PLACE: Final = 3


def _is_place(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_PLACE
