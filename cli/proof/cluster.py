"""A real API server that is asked about objects and says which policies they break."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from policies.admission import plural
from rehearsal.kube import Kube, KubeError

if TYPE_CHECKING:
    import http.client
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

Json = dict[str, Any]

READY_SECONDS: Final = 30.0
_WARNING: Final = re.compile(r'299 - "((?:[^"\\]|\\.)*)"')
_FAILED: Final = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+'(?: denied request)?: (.*)")
_RULE: Final = re.compile(r"([A-Z0-9]+-[0-9]+): |.*expression 'variables\.([a-z0-9_]+)'")
_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True)
class Answer:
    """What the server said of an object: what it breaks (`mlplatform-pods/K8S-03`, by `finding`), with the messages.

    A policy that as a whole could not be evaluated stands by its name.

    ``refused`` is the server's own word where it did not come to its policies, ``object`` what would have been stored.
    ``outdated`` means that it did not come to them because somebody else changed the object first.
    """

    broken: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    object: Json = field(default_factory=dict)
    outdated: bool = False


@dataclass(frozen=True)
class Somebody:
    """Who asks, in place of the administrator."""

    name: str
    groups: tuple[str, ...] = ()


class Cluster(Kube):
    """The API server of a kubeconfig; asking it changes nothing."""

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__(kubeconfig)
        self._open: http.client.HTTPSConnection | None = None

    def define(self, definitions: Iterable[Json]) -> None:
        """Have these custom resource definitions, and wait until their kinds can be asked about."""
        names = [self.apply(definition)["metadata"]["name"] for definition in definitions]
        for name in names:
            self._wait(_DEFINITIONS, name, lambda each: _is_true(each, "Established"))

    def furnish(self, namespaces: Collection[str]) -> None:
        """Have these namespaces, with the account that pods need."""
        for name in namespaces:
            self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for name in namespaces:
            self._wait(f"/api/v1/namespaces/{name}/serviceaccounts", "default", lambda _: True)

    def submit(self, manifest: Json, before: Json | None = None, who: Somebody | None = None) -> Answer:
        """What the server says of creating the object, or of changing it from what it was, without doing so."""
        collection = collection_of(manifest)
        if before is None:
            return self._answer("POST", f"{collection}?dryRun=All", manifest, who)
        made = self.create(collection, before)
        path = f"{collection}/{made['metadata']['name']}"
        try:
            while (answer := self._change(path, manifest, made, who)).outdated:
                # The controllers of built-in kinds write to a new object as soon as they see it.
                made = self.get(path)
            return answer
        finally:
            self.delete(path, grace_seconds=0)

    def wait_until_asked(self, breaking: Json, findings: Collection[str]) -> None:
        """Wait until the server has all these findings of an object: it takes up new policies in its own time, and
        tells nobody."""
        deadline = time.monotonic() + READY_SECONDS
        while missing := set(findings) - self.submit(breaking).broken.keys():
            if time.monotonic() > deadline:
                raise KubeError(0, "Timeout", f"the API server does not ask {', '.join(sorted(missing))}")

    def close(self) -> None:
        """Close all connections."""
        if self._open:
            self._open.close()
        super().close()

    def _wait(self, collection: str, name: str, holds: Any) -> None:  # noqa: ANN401 - a test of any object
        with self.watch(collection, field_selector=f"metadata.name={name}", timeout=READY_SECONDS) as changes:
            if not any(holds(change.object) for change in changes):
                raise KubeError(0, "Timeout", f"{collection}/{name} is not ready")

    def _change(self, path: str, manifest: Json, made: Json, who: Somebody | None) -> Answer:
        changed = {**manifest["metadata"], "resourceVersion": made["metadata"]["resourceVersion"]}
        return self._answer("PUT", f"{path}?dryRun=All", {**manifest, "metadata": changed}, who)

    def _answer(self, method: str, path: str, manifest: Json, who: Somebody | None) -> Answer:
        connection = self._open = self._open or self._connection()
        connection.putrequest(method, path)
        body = json.dumps(manifest).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if who:
            headers += [("Impersonate-User", who.name), *(("Impersonate-Group", group) for group in who.groups)]
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        said = json.loads(response.read())
        broken = dict(_found(found) for text in _warnings(response) if (found := _FAILED.search(text)))
        if response.status == HTTPStatus.CONFLICT and method == "PUT":
            return Answer(outdated=True)
        if response.status == HTTPStatus.CONFLICT or response.status < HTTPStatus.BAD_REQUEST:
            # An object of that name is there: admission comes before the server finds that out.
            return Answer(broken, object=said)
        if denied := _FAILED.search(said["message"]):
            return Answer(dict([*broken.items(), _found(denied)]))
        return Answer(broken, refused=said["message"])


def finding(policy: str, rule: str) -> str:
    """That an object breaks the rule, which the policy asks about."""
    return f"{policy}/{rule}"


def _found(said: re.Match[str]) -> tuple[str, str]:
    policy, message = said[1], said[2]
    if not (of := _RULE.match(message)):
        return policy, message
    return finding(policy, of[1] or of[2].upper().replace("_", "-")), message


def _warnings(response: http.client.HTTPResponse) -> list[str]:
    # Headers come as Latin-1; the server writes UTF-8.
    said = ", ".join(response.headers.get_all("Warning", [])).encode("latin-1").decode()
    return [re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(said)]


def _is_true(each: Json, condition: str) -> bool:
    conditions = each.get("status", {}).get("conditions", ())
    return any(found["type"] == condition and found["status"] == "True" for found in conditions)


def collection_of(manifest: Json) -> str:
    """Where the server keeps objects of this one's kind and namespace."""
    version, namespace = manifest["apiVersion"], manifest["metadata"].get("namespace")
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"/api{'s' if '/' in version else ''}/{version}{within}/{plural(manifest['kind'])}"
