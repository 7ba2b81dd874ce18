"""Conditions about time and about who asks: what only the moment and the request know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from policies.language.conditions import Condition
from policies.language.paths import IllTypedError, Path, Scope
from policies.language.truth import ABSENT, UNKNOWN, Truth

if TYPE_CHECKING:
    from policies.language.truth import Place

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
"""RFC 3339 with a time zone: what CEL's ``timestamp`` reads too."""


@dataclass(frozen=True, slots=True)
class Later(Condition):
    """True if the moment at ``path``, with so many days added, is later than the one at ``than``; false where there
    is none."""

    path: Path
    than: Path
    days: int | Path = 0

    def evaluate(self, scope: Scope) -> Truth:
        try:
            value, place = self.path.resolve(scope)
            than = self.than.resolve(scope)
            days = self.days.resolve(scope).value if isinstance(self.days, Path) else self.days
            if value is ABSENT or than.value is ABSENT:
                return Truth(False, (place,))
            if value is UNKNOWN or than.value is UNKNOWN:
                return Truth(None, (place,))
            return Truth(_moment(value, place) + timedelta(days=days) > _moment(*than), (place,))
        except IllTypedError as fault:
            return Truth(None, faults=(str(fault),))


@dataclass(frozen=True, slots=True)
class Granted(Condition):
    """True if who asks for the change may do ``verb`` to a resource (``group/plural``) of the object's namespace.

    Only the API server knows who asks: elsewhere it is false, and a rule says what that means.
    """

    verb: str
    resource: str

    def evaluate(self, scope: Scope) -> Truth:
        grants, place = Path("request", ("grants",)).resolve(scope)
        return Truth(grants is not ABSENT and f"{self.verb} {self.resource}" in grants, (place,))


def _moment(value: object, place: Place) -> datetime:
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise IllTypedError(place, "a moment such as 2026-11-22T09:00:00Z", value)
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        raise IllTypedError(place, "a moment such as 2026-11-22T09:00:00Z", value) from None
