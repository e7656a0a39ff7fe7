"""The formats of files, a module for each."""

from typing import Final

from ads.services.imports.formats.base import BLANK, EVERYWHERE, Format
from ads.services.imports.formats.google_ads import GOOGLE_ADS
from ads.services.imports.formats.meta_ads import META_ADS
from ads.services.imports.formats.plain import MAPPED, PLAIN

#: By code, in the order in which people are offered them.
FORMATS: Final[dict[str, Format]] = {
    each.code: each for each in (PLAIN, GOOGLE_ADS, META_ADS, MAPPED)
}
