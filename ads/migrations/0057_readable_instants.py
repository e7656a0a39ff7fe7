"""Spend has an instant that can be read.

It holds from now on: a ledger of a hundred million entries is not read for it, and nobody waits.
"""

import datetime

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0056_waiting_before'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='spend',
            constraint=models.CheckConstraint(condition=models.Q(('occurred_at__gte', datetime.datetime(1, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)), ('occurred_at__lte', datetime.datetime(9999, 12, 30, 23, 59, 59, tzinfo=datetime.timezone.utc))), name='spend_occurred_at_is_readable', violation_error_message='occurred_at: use an instant from 0001-01-02 to 9999-12-30.'),
        ),
    ]
