"""The end of a stack in a rehearsal: the steps that it takes in an account, and the proof that nothing is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from rehearsal.engine import Engine, find_leftovers
from rehearsal.errors import RehearsalError
from rehearsal.files import write
from rehearsal.kube import Kube

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.cloud import Account
    from rehearsal.engine import EngineHome, Outcome
    from rehearsal.progress import Reporter

_CLUSTER = "mlplatform:cluster"
_BUCKET = "mlplatform:artifact_bucket"


def destroy(home: EngineHome, reporter: Reporter) -> None:
    """Destroy the stack; RehearsalError names what it leaves in the cluster, or in the account without retaining it."""
    home.prepare()
    engine = Engine(home)
    account = home.session.account
    _take_protection_off(home, reporter)
    retained = engine.retained() if account else set()
    with reporter.phase("pulumi destroy", log=engine.log_of("destroy")) as phase:
        stop_on_failure(engine.destroy(phase), engine, "destroy")
    with reporter.phase("nothing left") as phase:
        with Kube(home.session.kubeconfig) as kube:
            left = [str(each) for each in find_leftovers(kube)]
        if account:
            left += _left_in(account, retained)
        for each in left:
            phase.note(each)
        if left:
            raise RehearsalError(
                f"pulumi destroy left {len(left)} objects, such as {left[0]}",
                remedy="remove the rehearsal with `mlplatform rehearse stop --remove`",
                log=engine.log_of("destroy"),
            )
    home.forget_stack()


def stop_on_failure(outcome: Outcome, engine: Engine, verb: str) -> None:
    """RehearsalError with the first cause, where an operation of the engine has not succeeded."""
    if outcome.succeeded:
        return
    causes = [f"{finding.rule}: {finding.resource}: {finding.message}" for finding in outcome.violations]
    causes += outcome.errors
    first = causes[0] if causes else engine.last_error(verb) or "the engine ended without an error of its own"
    others = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
    raise RehearsalError(
        f"pulumi {verb} failed: {first}{others}",
        remedy="run the same command again once the cause is mended; what was done is kept",
        log=engine.log_of(verb),
    )


def _take_protection_off(home: EngineHome, reporter: Reporter) -> None:
    """Destroy refuses what holds data, until the stack file says that nobody misses it and `up` has heard so."""
    settings = yaml.safe_load(home.stack_file.read_text())
    if not _miss_nothing(settings["config"]):
        return
    disposable: Path = home.directory / f"disposable.{home.stack}.yaml"
    write(disposable, yaml.safe_dump(settings, sort_keys=False))
    # The policy pack asks for the very protection that is in the way.
    changed = replace(home, settings=disposable, packs=())
    changed.prepare()
    engine = Engine(changed)
    with reporter.phase("pulumi up, nothing protected", log=engine.log_of("up")) as phase:
        stop_on_failure(engine.up(phase), engine, "up")


def _miss_nothing(config: dict[str, Any]) -> bool:
    """Have a stack file say that nobody misses what it describes; whether it did not say so before."""
    cluster = config.setdefault(_CLUSTER, {})
    if cluster.get("kind") != "eks":
        kept = cluster.get("keep_crds", True)
        cluster["keep_crds"] = False
        return bool(kept)
    if cluster.get("disposable"):
        return False
    cluster["disposable"] = True
    # Evidence that nobody can delete before its time would keep its bucket too.
    bucket = config.get(_BUCKET) or {}
    if bucket.get("kind") == "s3":
        bucket["evidence"] = {**(bucket.get("evidence") or {}), "lock": "governance"}
    return True


def _left_in(account: Account, retained: set[str]) -> list[str]:
    # It brings AWS' own client, which takes its time to import.
    from rehearsal.aws.account import Account as Caller
    from rehearsal.aws.ledger import Ledger
    from rehearsal.aws.leftovers import find_leftovers as find_in_account

    caller = Caller(account.endpoint, account.aws.region)
    return find_in_account(caller, Ledger(account.state).entries(), retained)
