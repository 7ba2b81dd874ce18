"""The rules' policies with the parameters of their examples on a real API server, and the examples asked of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cli.proof.answers import NotAsked, Said
from cli.proof.cluster import Answer, Cluster, Somebody, finding
from cli.proof.not_in_cluster import not_in_cluster
from policies.admission import Wanted, is_object, manifests, plural, policy_of
from policies.rules._examples import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policies.proof.cases import Case

Json = dict[str, Any]

_BUILT_IN: Final = frozenset(
    {
        "apps",
        "autoscaling",
        "batch",
        "core",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
    }
)
_ANYBODY: Final = "mlplatform:proof"
_RBAC: Final = "rbac.authorization.k8s.io"
_EVERYTHING: Final = {
    "apiGroups": ["*"],
    "resources": ["*"],
    "verbs": ["get", "list", "create", "update", "patch", "delete"],
}


class ExamplesInCluster:
    """What an API server says of each example; it warns where it would refuse, so that it asks every policy."""

    name = "cluster"

    def __init__(self, cluster: Cluster, cases: Iterable[Case]) -> None:
        """Install what the cases need and wait until the server asks every policy."""
        self._cluster = cluster
        asked = [case for case in cases if not_in_cluster(case) is None]
        objects = [dict(each.properties) for case in asked for each in case.resources]
        cluster.define(_definitions(objects))
        cluster.furnish({each["metadata"]["namespace"] for each in objects if "namespace" in each["metadata"]})
        for grants in {_grants(case) for case in asked if case.request is not None}:
            _grant(cluster, grants)
        self._suffixes: dict[str, str] = {}
        self._last: tuple[tuple[object, ...], Answer] | None = None
        self._install(asked)

    def ask(self, case: Case) -> Said | NotAsked:
        """Whether the server warns that the example's rule is broken."""
        if (reason := not_in_cluster(case)) is not None:
            return reason
        answer = self._answer(case)
        if answer.refused:
            return NotAsked(f"the API server itself refuses the object: {answer.refused}", of_itself=True)
        # A policy that cannot be evaluated names no rule: it is about this one, or about this one too.
        broken = answer.broken.keys() & {self._finding(case), self._policy_of(case)}
        return Said.BROKEN if broken else Said.HOLDS

    def _answer(self, case: Case) -> Answer:
        """What it says of the object; of one that was asked last for another rule, what it said then."""
        asked = (case.resources, case.old, case.request)
        if self._last is None or any(one is not other for one, other in zip(asked, self._last[0], strict=True)):
            answer = self._cluster.submit(dict(case.judged.properties), _plain(case.old), _who(case))
            self._last = asked, answer
        return self._last[1]

    def _install(self, asked: list[Case]) -> None:
        by_parameters: dict[str, list[Case]] = {}
        for case in asked:
            by_parameters.setdefault(repr(case.changed_parameters), []).append(case)
        for number, (key, several) in enumerate(by_parameters.items()):
            suffix = self._suffixes[key] = f"-{number}"
            rules = {case.rule.id: case.rule for case in several}
            parameters = replace(PARAMETERS, **several[0].changed_parameters)
            for manifest in manifests(rules.values(), parameters, (), Wanted(stage="warn", left_alone=())):
                self._cluster.apply(renamed(manifest, suffix))
        self._wait_until_asked(case for case in asked if case.role == "bad" and not case.of_a_request)

    def _wait_until_asked(self, breaking: Iterable[Case]) -> None:
        """Wait for each policy with the first example that the server itself accepts."""
        done: set[str] = set()
        for case in breaking:
            expected, manifest = self._finding(case), dict(case.judged.properties)
            if expected not in done and not self._cluster.submit(manifest).refused:
                self._cluster.wait_until_asked(manifest, [expected])
                done.add(expected)

    def _finding(self, case: Case) -> str:
        return finding(self._policy_of(case), case.rule.id)

    def _policy_of(self, case: Case) -> str:
        return policy_of(case.rule, case.judged.type) + self._suffixes[repr(case.changed_parameters)]


def renamed(manifest: Json, suffix: str) -> Json:
    """A policy or binding under another name."""
    spec = manifest["spec"]
    if "policyName" in spec:
        spec = {**spec, "policyName": spec["policyName"] + suffix}
    name = manifest["metadata"]["name"] + suffix
    return {**manifest, "metadata": {**manifest["metadata"], "name": name}, "spec": spec}


def _plain(properties: Any) -> Json | None:  # noqa: ANN401
    return None if properties is None else dict(properties)


def _definitions(objects: Iterable[Json]) -> Iterator[Json]:
    """A definition for every kind of these that Kubernetes has not, without a schema."""
    kinds: dict[tuple[str, str], Json] = {}
    for each in objects:
        group, _, version = each["apiVersion"].rpartition("/")
        if (group or "core") not in _BUILT_IN and is_object(f"{group}/{each['kind']}"):
            kinds[group, each["kind"]] = _definition(group, version, each)
    yield from kinds.values()


def _definition(group: str, version: str, example: Json) -> Json:
    name = plural(example["kind"])
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": example["kind"], "plural": name},
            "scope": "Namespaced" if "namespace" in example["metadata"] else "Cluster",
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def _grants(case: Case) -> tuple[str, ...]:
    return tuple((case.request or {}).get("grants", ()))


def _who(case: Case) -> Somebody | None:
    if case.request is None:
        return None
    user = case.request.get("userInfo", {})
    groups = (_ANYBODY, *(_group(grant) for grant in _grants(case)), *user.get("groups", ()))
    return Somebody(user.get("username", "somebody"), groups)


def _group(grant: str) -> str:
    return f"{_ANYBODY}:{grant.replace(' ', ':')}"


def _grant(cluster: Cluster, grants: Iterable[str]) -> None:
    """Let the group of all who ask do what every example does, and a group of its own each thing beyond that."""
    for group, allowed in ((_ANYBODY, _EVERYTHING), *((_group(grant), _rule(grant)) for grant in grants)):
        name = re.sub("[^a-z0-9.-]", "-", group.lower())
        metadata = {"name": name}
        role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name}
        subject = {"apiGroup": _RBAC, "kind": "Group", "name": group}
        cluster.apply({"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": [allowed]})
        cluster.apply(
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": metadata,
                "roleRef": role,
                "subjects": [subject],
            }
        )


def _rule(grant: str) -> Json:
    verb, _, resource = grant.partition(" ")
    group, _, name = resource.partition("/")
    return {"apiGroups": [group], "resources": [name], "verbs": [verb]}
