"""What the tests of two people who edit one row share."""

import pytest

#: Where two really save at the same moment.
commits = pytest.mark.django_db(transaction=True)
