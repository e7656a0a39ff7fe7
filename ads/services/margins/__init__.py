"""Stopping early: what campaigns still spend before a stop takes effect, and learned lags."""

from ads.services.margins.refresh import refresh, refresh_all
from ads.services.margins.shown import SHOWN, Early, Learned, of_brand
