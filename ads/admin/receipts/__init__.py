"""Receipts of pauses for used-up budgets, and the orders to switch on platforms."""

from ads.admin.receipts import caps, orders
from ads.admin.receipts.page import ReceiptsPage
from ads.admin.receipts.text import last_receipts, on_platforms
