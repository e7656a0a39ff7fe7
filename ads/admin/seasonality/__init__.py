"""Days that are known to bring more or less spend than others."""

from ads.admin.seasonality.admin import SeasonalityAdjustmentAdmin
