"""Who answers a model's requests: which release has what share, from the statuses of all its releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controllers.release.states import ALL, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controllers.release.states import Status


def shares(releases: Mapping[str, Status]) -> dict[str, int]:
    """Percent of the model's traffic by release; they come to 100, or to nothing where no release may answer."""
    canary = next((name for name, each in releases.items() if each.phase is Phase.CANARY and each.traffic), None)
    stable = answers(releases)
    if canary is None:
        return {} if stable is None else {stable: ALL}
    part = releases[canary].traffic
    if part == ALL:
        return {canary: ALL}
    # Where the release beside it was stopped, a canary does not inherit requests that nobody meant for it.
    return {} if stable is None else {stable: ALL - part, canary: part}


def answers(releases: Mapping[str, Status]) -> str | None:
    """The release that has the traffic, whatever a canary takes of it: the one that is live, or, for the moment in
    which a rollback is written down for the one and not yet for the other, the one that it goes back to."""
    live = (name for name, each in releases.items() if each.phase is Phase.LIVE and not replaced(name, releases))
    done = [each.rollback for each in releases.values() if each.rollback]
    latest = sorted(done, key=lambda each: each.at, reverse=True)
    kept = (each.to.release for each in latest if each.to and _is_kept(each.to.release, releases))
    return next(live, next(kept, None))


def replaced(name: str, releases: Mapping[str, Status]) -> bool:
    """Whether another release that is live took the place of this one."""
    return any(each.phase is Phase.LIVE and _followed(each, name) for each in releases.values())


def kept(name: str, releases: Mapping[str, Status]) -> bool:
    """Whether a rollback would go to this release: it is what the live one, or a canary, came after."""
    return any(each.phase in (Phase.LIVE, Phase.CANARY) and _followed(each, name) for each in releases.values())


def _followed(status: Status, name: str) -> bool:
    return status.previous is not None and status.previous.release == name


def _is_kept(name: str, releases: Mapping[str, Status]) -> bool:
    return name in releases and releases[name].phase is Phase.KEPT
