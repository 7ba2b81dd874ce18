"""A gateway's answers without a gateway: it says of every route of a namespace that it has taken it over.

It divides no requests. It and the definition that it brings are for platforms on which no gateway is installed.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rehearsal.kube import KubeError
from tests.delivery.conftest import established, foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Json, Kube, Watch

_KIND: Final = ("gateway.networking.k8s.io", "v1", "HTTPRoute")
_SECONDS: Final = 600


@contextmanager
def played_gateway(kube: Kube, namespace: str) -> Iterator[str]:
    """Answer for the routes of a namespace until the end; the path of their collection."""
    definition, path = foreign(_KIND), f"/apis/{_KIND[0]}/{_KIND[1]}/namespaces/{namespace}/httproutes"
    established(kube, definition)
    with kube.watch(path, timeout=_SECONDS) as watch:
        playing = threading.Thread(target=_answer, args=(kube, watch), daemon=True)
        playing.start()
        try:
            yield path
        finally:
            watch.close()
            playing.join(10)
            kube.delete(kube.path_of(definition))


def _answer(kube: Kube, watch: Watch) -> None:
    for event in watch:
        generation = event.object["metadata"]["generation"]
        said = [
            {"type": kind, "status": "True", "observedGeneration": generation} for kind in ("Accepted", "ResolvedRefs")
        ]
        if event.type != "DELETED" and _said(event.object) != said:
            named = {name: event.object["metadata"][name] for name in ("name", "namespace")}
            answer = {"apiVersion": f"{_KIND[0]}/{_KIND[1]}", "kind": _KIND[2], "metadata": named}
            try:
                kube.apply(
                    {**answer, "status": {"parents": [{"conditions": said}]}},
                    field_manager="gateway",
                    subresource="status",
                )
            except KubeError as error:
                if not error.missing:
                    raise


def _said(route: Json) -> object:
    return route.get("status", {}).get("parents", [{}])[0].get("conditions")
