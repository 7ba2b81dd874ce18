"""Makes and removes managed stores when the stand-in for AWS says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.aws.objects import Objects
from rehearsal.aws.sign_in.tokens import Keys
from rehearsal.cloud.stores import S3_ADDRESS, S3_ENDPOINT, names, pods, servers
from rehearsal.errors import RehearsalError
from rehearsal.files import read_json
from rehearsal.kube import Kube
from rehearsal.kubernetes.certificates import AWS, Authority, Identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.aws.stores import Store, StoreKind
    from rehearsal.kube import Json

_READY_SECONDS: Final = 120.0
_FRONT: Final = Path(__file__).with_name("tls_front.py")


class Stores:
    """Makes stores in the cluster of a kubeconfig; ``certificates`` holds AWS's authority."""

    def __init__(self, kube: Kube, certificates: Path, keys: Keys, region: str) -> None:
        self._kube = kube
        self._authority = Authority.load(certificates, AWS)
        self._keys = keys
        self._region = region
        self._objects = Objects(S3_ENDPOINT, region, keys)

    def prepare(self) -> None:
        """Make the namespaces, and begin to run the one store of all buckets."""
        for kind in pods.NAMESPACES:
            self._kube.apply(pods.namespace(kind))
        server = servers.s3(self._keys.identifier, self._keys.secret, self._region)
        ports = {443: pods.TLS_PORT, servers.S3_PLAIN_PORT: servers.S3_PLAIN_PORT}
        self._kube.apply(pods.service("s3", names.S3, ports, address=S3_ADDRESS))
        self._run("s3", names.S3, server, names.s3_hosts(self._region), front=None)

    def store_created(self, store: Store) -> None:
        """Make it answer under its names; return when it does. RehearsalError when it does not."""
        if store.kind == "s3":
            self._wait("s3", names.S3)
            self._objects.make_bucket(store.name)
            return
        server = (servers.postgres if store.kind == "postgres" else servers.valkey)(store.credentials)
        front = ["postgres"] if store.kind == "postgres" else []
        self._kube.apply(pods.service(store.kind, store.name, {store.port: pods.TLS_PORT}))
        self._run(store.kind, store.name, server, (store.endpoint, *store.more_names), front=front)
        self._wait(store.kind, store.name)

    def store_deleted(self, kind: StoreKind, name: str) -> None:
        """Make it stop; none of that name is fine."""
        if kind == "s3":
            self._objects.remove_bucket(name)
            return
        namespace = pods.NAMESPACES[kind]
        for path in (f"/apis/apps/v1/namespaces/{namespace}/deployments", *_core(namespace)):
            self._kube.delete(f"{path}/{name}")

    def _run(
        self, kind: StoreKind, name: str, server: pods.Server, hosts: Sequence[str], front: Sequence[str] | None
    ) -> None:
        path = f"/api/v1/namespaces/{pods.NAMESPACES[kind]}/secrets"
        if not self._kube.list(path, field_selector=f"metadata.name={name}"):
            certificate, key = self._authority.pair(Identity("", hosts[0][:64], names=tuple(hosts)))
            tls = {"tls.crt": certificate.decode(), "tls.key": key.decode(), "tls_front.py": _FRONT.read_text()}
            self._kube.apply(pods.secret(kind, name, {**server.files, **tls}))
        self._kube.apply(pods.deployment(kind, name, server, front))

    def _wait(self, kind: StoreKind, name: str) -> None:
        path = f"/apis/apps/v1/namespaces/{pods.NAMESPACES[kind]}/deployments"
        with self._kube.watch(path, timeout=_READY_SECONDS, field_selector=f"metadata.name={name}") as events:
            for event in events:
                if _is_ready(event.object):
                    return
        raise RehearsalError(
            f"the {kind} that stands for {name} is not ready after {_READY_SECONDS:.0f} s",
            remedy=f"see `kubectl describe pods --namespace {pods.NAMESPACES[kind]}`",
        )


def of_cluster_file(cluster: Path) -> Stores:
    """The stores of the rehearsal whose cluster a file describes (`Account.configure` writes it)."""
    about = read_json(cluster)
    keys = Keys.read(Path(about["credentials"]))
    return Stores(Kube(Path(about["kubeconfig"])), Path(about["certificates"]), keys, about["region"])


def _core(namespace: str) -> tuple[str, ...]:
    return tuple(f"/api/v1/namespaces/{namespace}/{each}" for each in ("services", "secrets"))


def _is_ready(deployment: Json) -> bool:
    status = deployment.get("status", {})
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return bool(seen and status.get("readyReplicas"))
