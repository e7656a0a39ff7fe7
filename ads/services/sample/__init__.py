"""Sample data for a first look."""

from ads.services.sample import seed

__all__ = [
    "seed",
]
