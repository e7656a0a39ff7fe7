"""What a file is asked before it is recorded: overlaps, poorer reports, days it leaves out, starts.

Nothing is recorded while a question is open. Each is asked in the recording transaction too: what
is recorded is what was confirmed.
"""

from ads.services.imports.questions.base import Question, Unanswered, unanswered, with_currency
from ads.services.imports.questions.finer import finer
from ads.services.imports.questions.left_out import left_out, set_to_zero
from ads.services.imports.questions.lowered import lowered
from ads.services.imports.questions.overlap import LOWER, Overlaps, overlap
from ads.services.imports.questions.starts import started, starting, starts
