"""The stand-in itself, in plain values: what the protocol's questions come down to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.aws import lifecycle, tags
from rehearsal.aws.account import Account
from rehearsal.aws.checks import problems
from rehearsal.aws.difference import Change, changes, deletes_first
from rehearsal.aws.ledger import Ledger
from rehearsal.aws.naming import named
from rehearsal.aws.outputs import planned
from rehearsal.aws.references import require
from rehearsal.aws.stores import managed_stores
from rehearsal.aws.table import kind_of, kinds
from rehearsal.aws.wire import UNKNOWN
from rehearsal.aws.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.kind import Kind, Problem
    from rehearsal.aws.lifecycle import Made
    from rehearsal.aws.surroundings import Surroundings
    from rehearsal.aws.wire import Properties

DEFAULT_REGION = "us-east-1"


class StandIn:
    """One configured provider."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._table = kinds()
        self._ledger = Ledger(surroundings.state)
        self._stores = managed_stores(surroundings.stores, surroundings.cluster)
        self._default_tags: Mapping[str, str] = {}
        self.account = Account(surroundings.endpoint, DEFAULT_REGION)

    def configure(self, region: str, default_tags: Mapping[str, str]) -> None:
        """Take the provider's own settings."""
        self.account = Account(self._surroundings.endpoint, region)
        self._default_tags = default_tags

    def check(
        self, token: str, logical_name: str, new: Properties, old: Properties, seed: bytes
    ) -> tuple[Properties, list[Problem]]:
        """The inputs as they will be used, and what is wrong with them."""
        kind = kind_of(token, self._table)
        inputs = named(kind, new, old, logical_name, seed)
        if kind.tagging:
            inputs = {**inputs, "tagsAll": tags.merged(self._default_tags, inputs.get("tags"))}
        return inputs, problems(self._work(kind, inputs), old)

    def diff(self, token: str, old: Properties, new: Properties) -> tuple[list[Change], bool]:
        """What changed, and whether a replacement deletes first."""
        kind = kind_of(token, self._table)
        return changes(kind, old, new), deletes_first(kind, old, new)

    def create(self, token: str, urn: str, inputs: Properties, *, preview: bool) -> Made:
        """Create it; at a preview, say what is known of it."""
        kind = kind_of(token, self._table)
        if preview:
            return lifecycle.Made("", planned(kind, inputs))
        work = self._work(kind, inputs)
        require(work.account, kind.references, inputs, work.region)
        return lifecycle.create(work, self._ledger, urn)

    def read(
        self, token: str, resource: str, inputs: Properties, state: Properties
    ) -> tuple[Properties, Properties] | None:
        """Inputs and outputs as they are now; None if it is gone."""
        kind = kind_of(token, self._table)
        work = self._work(kind, dict(inputs))
        work.id, work.state = resource, dict(state)
        return lifecycle.read(work, self._ledger)

    def update(
        self, token: str, urn: str, resource: str, old: Properties, new: Properties, state: Properties, *, preview: bool
    ) -> Made:
        """Change it; at a preview, say what is known of it then."""
        kind = kind_of(token, self._table)
        if preview:
            return lifecycle.Made(resource, planned(kind, new, state))
        work = self._work(kind, new)
        work.id, work.state, work.old = resource, {key: value for key, value in state.items() if key not in old}, old
        require(work.account, kind.references, new, work.region)
        changed = tuple(dict.fromkeys(change.path.split(".")[0] for change in changes(kind, old, new)))
        return lifecycle.update(work, self._ledger, urn, changed)

    def delete(self, token: str, resource: str, inputs: Properties, state: Properties) -> None:
        """Delete it."""
        kind = kind_of(token, self._table)
        work = self._work(kind, inputs)
        work.id, work.state = resource, state
        lifecycle.delete(work, self._ledger)

    def secrets(self, token: str) -> tuple[str, ...]:
        """Outputs of a type that are always secret."""
        return kind_of(token, self._table).secrets

    def _work(self, kind: Kind, inputs: Properties) -> Work:
        region = None if inputs.get("region") is UNKNOWN else inputs.get("region")
        return Work(
            self.account,
            kind,
            {**inputs, "region": region} if "region" in inputs else inputs,
            control_plane=self._surroundings.control_plane(),
            stores=self._stores,
        )
