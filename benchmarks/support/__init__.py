"""What the benchmarks share: databases, worlds to measure in, and how figures are shown.

Importing anything from here sets Django up, so it comes before anything of ``ads``.
"""

import os
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
os.environ.setdefault("DEBUG", "false")  # as in production: otherwise Django keeps every query
django.setup()
