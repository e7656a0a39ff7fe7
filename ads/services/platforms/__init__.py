"""Spend pulled from the connected ad platforms."""

from ads.services.platforms import updates
