#!/bin/sh
# msads 13.0.30.1: ReportFileReader, its reader of Microsoft Advertising's reports, reads a Spend of a
# thousand or more as 0.
#
# Expected: float_value("Spend") of a row is its spend. Reports write "1,041.23": thousands have commas
# (learn.microsoft.com/advertising/guides/reports).
# Seen: float_value() and int_value() answer 0 for whatever float() and int() do not understand,
# without an error. So sums are right while campaigns are small, and the largest are left out of them.
# value("Spend") is the text.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q msads==13.0.30.1 pydantic==2.14.3 requests==2.34.2 urllib3==2.8.0

cat >report.csv <<'CSV'
"Report Name: Campaigns"
"Report Time: 11/24/2026"
"Time Zone: (GMT-05:00) Eastern Time (US & Canada)"
"Last Completed Available Hour: 11/25/2026 2:00:00 PM (GMT)"
"Report Aggregation: Daily"
"Report Filter: "
"Potential Incomplete Data: False"
"Rows: 2"

"TimePeriod","CampaignId","Impressions","Spend"
"2026-11-24","301","999","999.99"
"2026-11-24","302","1,204","1,041.23"

"©2026 Microsoft Corporation. All rights reserved. "
CSV
cat >read.py <<'PY'
from bingads.v13.reporting import ReportFileReader

report = ReportFileReader("report.csv", "Csv").get_report()
total = 0
for row in report.report_records:
    text, number = row.value("Spend"), row.float_value("Spend")
    print(f"{text}: {number}; {row.value('Impressions')}: {row.int_value('Impressions')}")
    total += number
print("added up:", total, "of 2041.22")
if total != 999.99:
    raise SystemExit("it reads thousands otherwise now")
PY
venv/bin/python read.py
echo "As described."
