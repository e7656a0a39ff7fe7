"""How a file is to be read, as it is kept with the import."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ads.services.imports import Plan


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON."""
    told = asdict(plan)
    if plan.observed_at is not None:
        told["observed_at"] = plan.observed_at.isoformat()
    return told


def from_json(told: dict[str, Any]) -> Plan:
    """The plan that :func:`to_json` told.

    Raises:
        ImportRefused: it cannot be used.
    """
    observed_at = told.get("observed_at")
    return Plan(
        **{**told, "observed_at": datetime.fromisoformat(observed_at) if observed_at else None}
    )
