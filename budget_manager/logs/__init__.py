"""What every process writes: one line an event, JSON in production, readable in development."""

from budget_manager.logs.configuration import config
from budget_manager.logs.text import Each, encoded

__all__ = ["Each", "config", "encoded"]
