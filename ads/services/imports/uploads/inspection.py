"""A first look at an uploaded file: what it seems to be, and how it would be read."""

from ads.models import SpendImport
from ads.models.imports import ImportPart
from ads.services.imports.parsing import HEAD, Sniffed, sniff
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import mappings, parts
from ads.services.imports.uploads.errors import OutOfTurn

BY_HAND = "mapped"


def look(upload: SpendImport, plan: Plan) -> Sniffed:
    """How the file looks, read as ``plan`` says.

    Raises:
        OutOfTurn: its file is no longer kept.
        ImportRefused: it cannot be read like that at all.
    """
    head = parts.part_of(upload.pk, ImportPart.FILE, 0)[:HEAD]
    if not head:
        raise OutOfTurn("The file is no longer kept. Upload it again.")
    return sniff(head, plan)


def proposed(look: Sniffed, plan: Plan) -> Plan:
    """How a file that looks like this is likely to be read: as it was before, or as is usual."""
    if look.format != BY_HAND or plan.mapping:
        return plan
    return mappings.recall(look.header, plan) or mappings.suggest(look.header, look.rows, plan)
