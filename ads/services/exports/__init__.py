"""What is on record, as CSV."""

from ads.services.exports import kinds
from ads.services.exports.cells import read_back, safe_cell
from ads.services.exports.kinds import InvalidExport, Kind, Wanted, choose, left_out, unreadable
from ads.services.exports.stream import Export, Stream, portions
