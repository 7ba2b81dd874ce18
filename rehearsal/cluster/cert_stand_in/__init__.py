"""A stand-in for cert-manager, which cannot be had where no registry can be reached.

It answers what charts ask of cert-manager.io/v1: an Issuer (``selfSigned`` or ``ca``) becomes ready, a
Certificate gets its Secret, and webhook configurations and CRDs annotated ``cert-manager.io/inject-ca-from`` get
the authority to trust. What it cannot do it says in the object's Ready condition. It keeps no state but these
objects, and sets fields under its own field manager, so that those who made the objects keep theirs.

As a process: ``python -m rehearsal.cluster.cert_stand_in --kubeconfig FILE --crds DIRECTORY``.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import yaml

from rehearsal.cluster.cert_stand_in._reconciler import Reconciler
from rehearsal.cluster.cert_stand_in._world import CERTIFICATES, ISSUERS, TARGETS, World
from rehearsal.errors import RehearsalError
from rehearsal.kube import Collection, Mirror

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rehearsal.kube import Json, Kube

_DEFINITIONS = Collection("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
_SECRETS = Collection("/api/v1/secrets", field_selector="type=kubernetes.io/tls")
_ESTABLISHED_SECONDS = 30.0
_RETRY_SECONDS = 2.0
_RENEWAL_CHECK_SECONDS = 3600.0

__all__ = ["apply_definitions", "definitions", "run"]

_log = logging.getLogger("cert-stand-in")


def run(kube: Kube) -> None:
    """Answer for as long as the process lives; ``apply_definitions`` comes first. Raises ``KubeError``."""
    reconciler = Reconciler(kube)
    collections = [ISSUERS.collection, CERTIFICATES.collection, _SECRETS, *(each.collection for each in TARGETS)]
    with Mirror(kube, collections) as mirror:
        _log.info("answering")
        while True:
            mirror.wait(_RENEWAL_CHECK_SECONDS)
            while failures := reconciler.reconcile(_world(mirror)):
                for failure in failures:
                    _log.warning("%s", failure)
                mirror.wait(_RETRY_SECONDS)


def apply_definitions(kube: Kube, directory: Path) -> None:
    """Apply the CRDs of Certificate and Issuer, out of cert-manager's, and wait until they are served.

    The others stay unknown: an object that nobody would answer is refused instead of waiting for ever.
    """
    applied = [kube.apply(manifest) for manifest in definitions(directory)]
    pending = {each["metadata"]["name"] for each in applied if not _is_established(each)}
    if not pending:
        return
    deadline = time.monotonic() + _ESTABLISHED_SECONDS
    with kube.watch(_DEFINITIONS, timeout=deadline - time.monotonic()) as changes:
        for change in changes:
            if _is_established(change.object):
                pending.discard(change.object["metadata"]["name"])
            if not pending:
                return
    raise RehearsalError(f"CRD {', '.join(sorted(pending))}: not served after {_ESTABLISHED_SECONDS:.0f} s")


def definitions(directory: Path) -> list[Json]:
    """The two CRDs out of a directory of cert-manager's, freed of the labels that are its chart's templates."""
    answered = {ISSUERS.kind, CERTIFICATES.kind}
    found = {
        document["spec"]["names"]["kind"]: {
            "apiVersion": document["apiVersion"],
            "kind": document["kind"],
            "metadata": {"name": document["metadata"]["name"]},
            "spec": document["spec"],
        }
        for document in _documents(directory)
        if document.get("kind") == "CustomResourceDefinition" and document["spec"]["names"]["kind"] in answered
    }
    if found.keys() != answered:
        raise RehearsalError(f"{directory}: no CRD of {', '.join(sorted(answered - found.keys()))} there")
    return list(found.values())


def _documents(directory: Path) -> Iterator[Json]:
    # The one for Issuers has 300 KB: libyaml, where it is there, reads it ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for kind in (ISSUERS, CERTIFICATES):
        for file in directory.glob(f"*[-_]{kind.plural}.yaml"):
            yield from (each for each in yaml.load_all(file.read_bytes(), loader) if each)


def _is_established(definition: Json) -> bool:
    conditions = definition.get("status", {}).get("conditions") or []  # null in a new one
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _world(mirror: Mirror) -> World:
    return World(
        issuers=_by_name(mirror.objects(ISSUERS.collection)),
        certificates=_by_name(mirror.objects(CERTIFICATES.collection)),
        secrets=_by_name(mirror.objects(_SECRETS)),
        targets={kind: mirror.objects(kind.collection) for kind in TARGETS},
    )


def _by_name(items: Iterable[Json]) -> dict[tuple[str, str], Json]:
    return {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in items}
