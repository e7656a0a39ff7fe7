"""Labels, account managers and notes in the admin."""

from ads.admin.team.filters import LABEL, BrandLabelFilter, LabelFilter, ManagerFilter
from ads.admin.team.labeling import Labeled, label_badges
from ads.admin.team.labels import LabelAdmin
from ads.admin.team.notes import NoteAdmin, TakesNotes
