"""The real Kueue as a process beside a control plane of one's own: it decides, and nothing but its webhooks is missing.

On a cluster Kueue is a pod, and the API server asks it about every job. Here it runs on this machine and is asked
nothing: whoever creates a job suspends it, as the webhook would. All else is Kueue's own work, with the configuration
that the platform gives it.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import yaml

from components.kubernetes.manifests import select
from components.training import queues, topology
from rehearsal.cluster.cert_stand_in._issuing import issue
from rehearsal.kube import Kube, KubeError
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components.capacity import Capacity
    from components.specs.training_cluster import TrainingClusterSpec

Json = dict[str, Any]

_READY_SECONDS: Final = 60.0
_HEALTH: Final = "127.0.0.1:18081"
_NAMESPACE: Final = "kueue-system"
_CERTIFICATES: Final = "kueue/metrics/certs"
"""Below /etc: Kueue reads those of its metrics nowhere else."""
_PRIVATE_ETC: Final = 'mount -t overlay overlay -o "lowerdir=$0:/etc" /etc && exec "$@"'


@contextmanager
def running(
    kubeconfig: Path, spec: TrainingClusterSpec, capacity: Capacity, directory: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Kueue, ready, for these settings; its log is `kueue.log` in the directory. Needs the right to mount, in a name
    space of its own. RuntimeError says what does not come up."""
    tools = Toolchain.default().ensure(["kueue", "helm"], Silent())
    with Kube(kubeconfig) as kube:
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}})
        serve(kube, tools.binary("helm"), tools.asset("kueue/chart"))
    configuration = directory / "kueue.yaml"
    configuration.write_text(yaml.safe_dump(_as_process(spec, capacity, _certificates(directory))))
    command = [str(tools.binary("kueue")), f"--config={configuration}"]
    private = ["unshare", "--mount", "--map-root-user", "sh", "-c", _PRIVATE_ETC, str(directory / "etc")]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    log = directory / "kueue.log"
    with (
        log.open("wb") as out,
        subprocess.Popen([*private, *command], env=environment, stdout=out, stderr=out) as kueue,
    ):
        try:
            _wait(kueue, log)
            yield kueue
        finally:
            kueue.terminate()


def furnish(kube: Kube, capacity: Capacity, *, borrowing: bool) -> None:
    """The pools' flavors, and a namespace with a queue for each team."""
    levels = topology.topologies(capacity)
    for manifest in (queues.cohort(), *levels.values(), *queues.flavors(capacity).values()):
        kube.apply(manifest)
    for team in capacity.teams:
        metadata = {"name": team.namespace, "labels": dict(team.labels)}
        kube.apply(queues.cluster_queue(capacity, team, borrowing=borrowing))
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        kube.apply(queues.local_queue(team, "default"))


def suspended(job: Json) -> Json:
    """A Job as Kueue's webhook leaves it."""
    return {**job, "spec": {**job["spec"], "suspend": True}}


def _as_process(spec: TrainingClusterSpec, capacity: Capacity, certificates: Path) -> Json:
    """The platform's own configuration, but for where Kueue listens and what it finds its certificates in."""
    configuration: Json = yaml.safe_load(queues.configuration(spec, capacity))
    gates = {gate["name"]: gate["enabled"] for gate in queues.feature_gates(capacity)}
    return {
        **configuration,
        "namespace": _NAMESPACE,
        "health": {"healthProbeBindAddress": _HEALTH},
        "metrics": {**configuration["metrics"], "bindAddress": "127.0.0.1:18443"},
        "webhook": {"host": "127.0.0.1", "port": 19443, "certDir": str(certificates)},
        "internalCertManagement": {"enable": False},
        "leaderElection": {"leaderElect": False},
        "featureGates": {**gates, "VisibilityOnDemand": False},
    }


def _certificates(directory: Path) -> Path:
    """A certificate for both of Kueue's servers, where it looks for it."""
    place = directory / "etc" / _CERTIFICATES
    place.mkdir(parents=True)
    own = issue({"ipAddresses": ["127.0.0.1"], "privateKey": {"algorithm": "ECDSA"}})
    (place / "tls.crt").write_bytes(own.certificate)
    (place / "tls.key").write_bytes(own.key)
    return place


def serve(kube: Kube, helm: Path, chart: Path) -> None:
    """Have the kinds that a chart defines; done when each can be listed."""
    command = [str(helm), "template", "chart", str(chart), "--include-crds"]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    definitions = yaml.load_all(select(rendered, "definitions", keep=False, omit_webhooks=True), yaml.CSafeLoader)
    paths = [_path(kube.apply(each)) for each in definitions if each]
    end = time.monotonic() + _READY_SECONDS
    # A kind that is established has no storage for a moment, and nobody tells when it has.
    while not all(_is_listed(kube, path) for path in paths):
        if time.monotonic() > end:
            raise RuntimeError(f"the kinds of {chart} are not served")
        time.sleep(0.1)


def _path(definition: Json) -> str:
    spec = definition["spec"]
    (stored,) = (each["name"] for each in spec["versions"] if each["storage"])
    return f"/apis/{spec['group']}/{stored}/{spec['names']['plural']}"


def _is_listed(kube: Kube, path: str) -> bool:
    try:
        kube.list(path)
    except KubeError:
        return False
    return True


def _wait(kueue: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while not _answers():
        if kueue.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Kueue does not come up: {log.read_text()[-2000:]}")
        time.sleep(0.1)


def _answers() -> bool:
    connection = http.client.HTTPConnection(_HEALTH, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
