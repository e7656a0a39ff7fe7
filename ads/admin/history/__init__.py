"""Delivery changes and the change history of configuration in the admin."""

from ads.admin.history.audit import AuditAdmin, tabs
from ads.admin.history.delivery import DeliveryChangeAdmin
from ads.admin.history.differences import AccountDifferenceAdmin
