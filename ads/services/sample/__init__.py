"""Sample data for a first look."""

from ads.services.sample import seed
