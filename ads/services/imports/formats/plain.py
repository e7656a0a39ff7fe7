"""Files of no particular platform: columns named like the fields, or mapped by hand."""

from collections.abc import Sequence
from typing import Final

from ads.services.imports.formats.base import EVERYWHERE, Format
from ads.services.imports.plan import FIELDS

_NAMES: Final = {field: (field,) for field in FIELDS if field not in EVERYWHERE}


class Plain(Format):
    """The columns are campaign, date, amount and any other field."""

    def recognises(self, header: Sequence[str], line: int) -> bool:
        del line
        names = {name.casefold() for name in header}
        return {"amount", "campaign"} <= names and bool({"date", "occurred_at"} & names)


class Mapped(Plain):
    """The same, with columns that a person maps."""

    def recognises(self, header: Sequence[str], line: int) -> bool:
        del header, line
        return False  # the format of files that no other recognises


PLAIN = Plain(code="plain", label="Plain: campaign, date, amount", names=_NAMES)
MAPPED = Mapped(code="mapped", label="Columns mapped by hand", names=_NAMES)
