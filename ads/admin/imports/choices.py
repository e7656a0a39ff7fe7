"""What the forms of imports call things."""

CAMPAIGN_BY = [("auto", "Name or id, whichever it is"), ("name", "Name"), ("id", "Id")]

ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows, Western Europe and America (cp1252)",
    "cp1250": "Windows, Central Europe (cp1250)",
    "cp1251": "Windows, Cyrillic (cp1251)",
    "latin-1": "Latin 1",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
DECIMALS = {
    ".": "Dot: 1234.50 or 1,234.50",
    ",": "Comma: 1234,50 or 1.234,50",
}
#: What a field is, for whoever maps it.
MEANINGS = {
    "amount": "Amount (US dollars)",
    "campaign": "Campaign (name or id)",
    "date": "Date",
    "reference": "Id of the campaign on the platform",
    "account": "Account on the platform",
    "currency": "Currency",
    "description": "Description",
    "external_id": "Id of each entry",
    "occurred_at": "Instant (with timezone)",
}
#: What happens with what stands in such a column.
COLUMN_HELPS = {
    "amount": "What was spent. Every row needs one.",
    "campaign": "Whose spend it is: the campaign's name here, or its number.",
    "date": "The day against whose budget the row counts.",
    "reference": "Whose spend it is, by what the platform calls it; what nobody knows waits to be "
    "matched.",
    "account": "Of which account the platform's ids are.",
    "currency": "Rows in another currency than US dollars are refused.",
    "description": "Stands beside the entry in the ledger.",
    "external_id": "Makes each row an entry of its own, which counts once however often it comes. "
    "Without it, rows of a day are added up to a day total.",
    "occurred_at": "When exactly it was spent, such as 2026-03-31T14:05:00Z.",
}
#: The last day of a month: no day or month can be taken for the other.
EXAMPLES = {
    "%Y-%m-%d": "2026-03-31",
    "%d.%m.%Y": "31.03.2026",
    "%d-%m-%Y": "31-03-2026",
    "%d/%m/%Y": "31/03/2026",
    "%m/%d/%Y": "03/31/2026 (month first)",
    "%m-%d-%Y": "03-31-2026 (month first)",
    "%Y/%m/%d": "2026/03/31",
    "%Y%m%d": "20260331",
    "%d %b %Y": "31 Mar 2026",
    "%b %d, %Y": "Mar 31, 2026",
    "%B %d, %Y": "March 31, 2026",
    "%d.%m.%y": "31.03.26",
    "%m/%d/%y": "03/31/26 (month first)",
}
