"""Files of no particular platform: columns named like the fields, or mapped by hand."""

from typing import Final

from ads.services.imports.formats.base import EVERYWHERE, Format
from ads.services.imports.plan import FIELDS

_NAMES: Final = {field: {"en": (field,)} for field in FIELDS if field not in EVERYWHERE}


class Plain(Format):
    """The columns are campaign, date, amount and any other field."""

    def recognises(self, seen: frozenset[str], *_args: object, **_kwargs: object) -> bool:
        return {"amount", "campaign"} <= seen and bool({"date", "occurred_at"} & seen)

    def is_totals(self, *_args: object) -> bool:
        return False  # what it has is defined: anything else is a mistake

    def is_footer(self, *_args: object) -> bool:
        return False


class Mapped(Format):
    def recognises(self, *_args: object, **_kwargs: object) -> bool:
        return False  # the format of files that no other recognises


PLAIN = Plain(code="plain", label="Plain: campaign, date, amount", names=_NAMES)
MAPPED = Mapped(code="mapped", label="Columns mapped by hand", names=_NAMES)
