"""Spend pulled from the connected ad platforms, and switches passed on to them."""

from ads.services.platforms import updates
