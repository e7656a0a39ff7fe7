"""Delivery changes and the audit in the admin."""

from ads.admin.history.audit import AuditAdmin
from ads.admin.history.delivery import DeliveryChangeAdmin

__all__ = [
    "AuditAdmin",
    "DeliveryChangeAdmin",
]
