"""Receipts: what each pause for a used-up budget was worth, and which delay cost what."""

from ads.services.receipts.receipt import Delay, Receipt, pauses, receipts_of
from ads.services.receipts.report import Report, pauses_of, report
