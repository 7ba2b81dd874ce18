"""What the tests of a real rehearsal ask and wait for."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rehearsal.kube import Kube
    from rehearsal.session import Session

PODS = "/api/v1/namespaces/default/pods"


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something that nobody announces."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)


def pod(name: str, image: str, **more: Any) -> dict[str, Any]:
    """A pod of one container."""
    container = {"name": "main", "image": image, **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


def wait_for_pod(kube: Kube, path: str) -> dict[str, Any]:
    """The pod once it is ready."""

    def is_ready() -> bool:
        conditions = kube.get(path)["status"].get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    until(is_ready, path)
    return kube.get(path)


def dns_pod(kube: Kube) -> dict[str, Any]:
    """The pod of the cluster's DNS, ready."""
    collection = "/api/v1/namespaces/kube-system/pods"
    until(lambda: kube.list(collection, label_selector="k8s-app=kube-dns"), "a pod of DNS")
    found = kube.list(collection, label_selector="k8s-app=kube-dns")[0]
    return wait_for_pod(kube, f"{collection}/{found['metadata']['name']}")


def inside(session: Session, *argv: str) -> subprocess.CompletedProcess[str]:
    """What a command says that runs in the rehearsal's network."""
    return subprocess.run(session.command(argv), capture_output=True, text=True, check=False, timeout=60)


def kubectl(session: Session, *arguments: str) -> str:
    """What kubectl says, run on the host."""
    argv = ["kubectl", f"--kubeconfig={session.kubeconfig}", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


def pids(session: Session) -> dict[str, int]:
    """The process of each part."""
    return {part.name: part.pid for part in session.status()}


def traces(session: Session) -> list[str]:
    """Whatever of a rehearsal this machine still shows."""
    names = (session.name, str(session.directory))
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if any(n in line for n in names)]
    groups = [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/mlplatform-{session.name}")]
    spaces = [str(path) for path in (Path("/run/netns"), Path("/run/mlplatform")) if path.is_dir()]
    named = [str(path) for space in spaces for path in Path(space).iterdir() if session.name in path.name]
    return [*_processes(names), *mounts, *groups, *named]


def _processes(names: tuple[str, ...]) -> list[str]:
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            marks = (directory / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if any(name in line or f"MLPLATFORM_PART={name}" in marks for name in names):
            found.append(f"{directory.name} {line}")
    return found
