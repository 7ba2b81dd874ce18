"""Kubernetes objects by their manifests.

The SDK's typed modules build their classes at import, `core.v1` alone for almost a second. Where an object is
small and its shape is checked by the API server anyway, its manifest does the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_WAIT_SECONDS: Final = 0.25
_LONGEST_WAIT_SECONDS: Final = 5.0
_ATTEMPTS: Final = 20


class KubernetesObject(pulumi.CustomResource):
    """One object, of the type that the SDK's class for its kind would have."""

    def __init__(self, name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        api_version = str(manifest["apiVersion"])
        group = api_version if "/" in api_version else f"core/{api_version}"
        metadata = dict(manifest["metadata"])
        metadata["annotations"] = {**metadata.get("annotations", {}), **field_manager()}
        super().__init__(f"kubernetes:{group}:{manifest['kind']}", name, {**manifest, "metadata": metadata}, opts)


def field_manager() -> dict[str, str]:
    """The annotation by which a stack applies an object under one and the same name, whenever it does.

    The provider else invents a name for each creation. When an API server dies between storing an object and saying
    so, the engine creates it again, under another name, and is refused for the fields of the first.
    """
    return {"pulumi.com/patchFieldManager": f"mlplatform-{pulumi.get_stack()}"}


def platform_namespace(name: str, namespace: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A namespace for parts of the platform, under the strictest of Kubernetes' pod security standards; its
    name, for what waits for it. A preview knows the name, so it can render what goes there."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    manifest = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": namespace, "labels": labels},
    }
    return KubernetesObject(name, manifest, opts).urn.apply(lambda _: namespace)


class Webhooks:
    """Patience with a controller that is ready while the cluster's network does not reach it yet.

    A pod counts as ready up to a second before every node routes its Service, and an object that the
    controller must admit is refused meanwhile. Nothing tells when that is over: asking again is the only test.
    """

    def __init__(self, name: str) -> None:
        """`name` tells the hook from those of other components of the program."""
        self._hook = pulumi.ErrorHook(f"{name}-webhooks", _is_worth_another_try)

    def options(self) -> pulumi.ResourceOptions:
        """Options for objects that a controller's webhook must admit."""
        return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[self._hook]))


async def _is_worth_another_try(failure: pulumi.ErrorHookArgs) -> bool:
    attempts = len(failure.errors)
    if attempts > _ATTEMPTS or "failed calling webhook" not in failure.errors[0]:
        return False
    await asyncio.sleep(min(_FIRST_WAIT_SECONDS * 2 ** (attempts - 1), _LONGEST_WAIT_SECONDS))
    return True
