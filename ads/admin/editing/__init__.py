"""Two people editing one page: what changed meanwhile is shown before anything is saved."""

from ads.admin.editing.guard import GuardsEdits
