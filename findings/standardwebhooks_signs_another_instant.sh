#!/bin/sh
# standardwebhooks 1.1.0: Webhook.sign() drops the timezone of the instant it is given.
#
# Expected: sign(id, timestamp, data) signs the instant, so a datetime at 12:00 in Berlin and the same
# instant as 11:00 UTC have one signature.
# Seen: it takes the wall clock for UTC (timestamp.replace(tzinfo=utc)). Sent with the true time in
# webhook-timestamp, the signature of an aware datetime in any other zone is refused by every
# receiver, this library's own verify() included.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q standardwebhooks==1.1.0

cat >demo.py <<'PY'
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook, WebhookVerificationError

hook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
utc = datetime.now(timezone.utc)
berlin = utc.astimezone(timezone(timedelta(hours=1)))
assert utc == berlin


def verified(at):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": hook.sign("msg_1", at, "{}"),
    }
    try:
        hook.verify("{}", headers)
    except WebhookVerificationError as error:
        return str(error)
    return "verified"


print("in UTC:       ", in_utc := verified(utc))
print("an hour ahead:", ahead := verified(berlin))
assert (in_utc, ahead) == ("verified", "No matching signature found")
PY
venv/bin/python demo.py
echo "As described: the signature is of another instant."
