"""A file with six spellings of one known id, in the shape that people have reported."""

from ads.tests.support import at

ID = "120210000000001234"
NOW = at("2026-11-28 12:00")
SIX = [
    "Reporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (USD)",
    f"2026-11-25,2026-11-25,P4 Prospecting,{ID}.0,300.00",
    f"2026-11-26,2026-11-26,P4 Prospecting,'{ID},300.00",
    f'2026-11-24,2026-11-24,P4 Prospecting,"=""{ID}""",300.00',
    '2026-11-23,2026-11-23,P4 Prospecting,"120,210,000,000,001,234",300.00',
    f"2026-11-21,2026-11-21,P4 Prospecting,c:{ID},300.00",
    f"2026-11-20,2026-11-20,P4 Prospecting,{ID},300.00",
]
