"""The choices and help texts of the forms of imports."""

from datetime import date

from ads.services.imports import uploads

#: The files that the browser offers.
ACCEPTED = (
    ".csv,.tsv,.txt,.xlsx,text/csv,text/plain,"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

CAMPAIGN_BY = [("auto", "Name or id, detected"), ("name", "Name"), ("id", "Id")]

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
UNITS = {
    "units": "Units of the currency: 11100000 is 11,100,000.00",
    "micros": "Micros (millionths): 11100000 is 11.10",
}
#: The fields to map columns to.
MEANINGS = {
    "amount": "Amount",
    "campaign": "Campaign (name or id)",
    "date": "Date",
    "reference": "Platform ID of the campaign",
    "account": "Account on the platform",
    "currency": "Currency",
    "description": "Description",
    "external_id": "ID of each entry",
    "occurred_at": "Time (with timezone)",
    "hour": "Hour",
    "timezone": "Timezone of each row",
}
#: What each field is for.
COLUMN_HELPS = {
    "amount": "The spend. Every row needs one.",
    "campaign": "The campaign's name or id in Budget Manager.",
    "date": "The day whose budget the spend counts against.",
    "reference": "The campaign's id on the platform. Spend of unmatched campaigns waits.",
    "account": "The account that the platform IDs belong to.",
    "currency": "Rows in another currency than their brand's are refused.",
    "description": "Shown with the entry in the ledger.",
    "external_id": "Makes each row an entry that counts once, however often it is imported. "
    "Without it, the rows of a day are added up to a day total.",
    "occurred_at": "The time of the spend, such as 2026-03-31T14:05:00Z.",
    "hour": "0 to 23, or the day and the hour. Hours are added up to the brand's days.",
    "timezone": "If rows are of several timezones.",
}
#: Date formats by an example: the last day of a month, so that day and month cannot be confused.
EXAMPLES = {
    way: f"{date(2026, 3, 31):{way}}{' (month first)' if way[:2] == '%m' else ''}"
    for way in uploads.DATE_FORMATS
}
