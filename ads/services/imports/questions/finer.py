"""A file that is finer than a campaign: its sums may lack what has no keyword, ad and so on."""

from collections.abc import Sequence

from ads.services.imports.formats import finer_columns
from ads.services.imports.parsing import Columns
from ads.services.imports.questions.base import Question


def finer(header: Sequence[str], columns: Columns) -> Question | None:
    """The question about columns of levels below the campaign; None if there are none."""
    campaign = [at for at in (columns.campaign, columns.reference) if at is not None]
    found = finer_columns(header, campaign)
    if not found:
        return None
    quoted = [f'"{name}"' for name in found]
    listed = ", ".join(quoted[:-1]) + (" and " if quoted[:-1] else "") + quoted[-1]
    plural = len(found) > 1
    return Question(
        "finer",
        f"The column{'s' if plural else ''} {listed} make{'' if plural else 's'} the rows finer "
        "than a campaign. Such a report can lack spend that has no keyword, ad or the like, so its "
        "sums can be too low. A report by campaign and day is complete.",
        {"accept": "The rows are complete: add them up to the campaigns’ day totals"},
        ", ".join(found),
    )
