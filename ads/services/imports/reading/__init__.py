"""From the bytes of a file to its rows: a CSV or a sheet of a workbook, its header found."""

from ads.services.imports.reading.detection import HEAD, Sniffed, refuse_too_wide, sniff
from ads.services.imports.reading.reader import Reader, look_at
from ads.services.imports.reading.rows import CHUNK, Chunk
