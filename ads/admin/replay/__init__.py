"""The page on which a brand's recorded spend is replayed with other settings."""

from ads.admin.replay.page import ReplayPage
