"""A real rehearsal on this machine: what runs in it, what reaches it, and what it leaves."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.kube import Kube
from rehearsal.kubernetes import PAUSE_IMAGE
from rehearsal.progress import Silent
from rehearsal.session import Level, Session, World, remove_all, stop
from tests.world.conftest import GPU_NODE
from tests.world.programs import NO_ROUTE, RESOLVE, START
from tests.world.watching import (
    PODS,
    dns_pod,
    inside,
    kubectl,
    pids,
    pod,
    traces,
    until,
    wait_for_pod,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.rehearsal


def test_every_part_runs_and_every_node_is_ready(session: Session, kube: Kube) -> None:
    assert {part.state for part in session.status()} == {"running"}
    ready = {
        node["metadata"]["name"]: condition["status"]
        for node in kube.list("/api/v1/nodes")
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    }
    assert ready == {"real-0": "True", "gpu-0": "True", "simulated-0": "True"}


def test_a_pod_runs_on_the_real_node(kube: Kube) -> None:
    kube.apply(pod("plain", PAUSE_IMAGE))
    running = wait_for_pod(kube, f"{PODS}/plain")
    assert running["spec"]["nodeName"] == "real-0"
    assert running["status"]["containerStatuses"][0]["containerID"].startswith("containerd://")


def test_a_pod_that_asks_for_gpus_runs_on_a_simulated_node(kube: Kube) -> None:
    kube.apply(pod("gpu", PAUSE_IMAGE, resources={"limits": {"nvidia.com/gpu": "8"}}))
    assert wait_for_pod(kube, f"{PODS}/gpu")["spec"]["nodeName"] == "gpu-0"


def test_logs_exec_and_port_forward_work(session: Session, kube: Kube) -> None:
    name = dns_pod(kube)["metadata"]["name"]
    assert "CoreDNS" in kubectl(session, "logs", "-n", "kube-system", name)
    assert "CoreDNS" in kubectl(session, "exec", "-n", "kube-system", name, "--", "/coredns", "-version")
    argv = ["kubectl", f"--kubeconfig={session.kubeconfig}", "port-forward", "-n", "kube-system", name, ":8080"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout
        port = forward.stdout.readline().split(":")[1].split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
            assert answer.read() == b"OK"
        forward.terminate()


def test_services_answer_by_name_inside(session: Session, kube: Kube) -> None:
    dns_pod(kube)
    name = "kubernetes.default.svc.cluster.local"
    until(lambda: inside(session, sys.executable, "-c", RESOLVE, name).stdout == "10.96.0.1\n", name)


def test_nothing_outside_can_be_reached_from_inside(session: Session) -> None:
    assert inside(session, sys.executable, "-c", NO_ROUTE).stdout == "Network is unreachable\n"


@pytest.mark.parametrize("port", [6443, 10250])
def test_who_shows_no_certificate_is_refused(session: Session, port: int) -> None:
    trusting = ssl.create_default_context(cadata=_authority(session))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"https://{session.address}:{port}/pods", timeout=20, context=trusting)
    with refused.value as answer:
        assert answer.code == 401


def test_a_second_start_leaves_everything_as_it_is(session: Session, start: Callable[[], Session]) -> None:
    before = pids(session)
    assert pids(start()) == before


@pytest.mark.parametrize("part", ["etcd", "kube-apiserver", "containerd", "kubelet", "kwok"])
def test_a_killed_part_comes_back_and_pods_stay(
    session: Session, kube: Kube, start: Callable[[], Session], part: str
) -> None:
    before = dns_pod(kube)["status"]["containerStatuses"][0]["containerID"]
    subprocess.run(["kill", "-9", str(pids(session)[part])], check=True)
    until(lambda: {each.state for each in session.status()} == {"running"}, f"{part} again")
    start()
    assert dns_pod(kube)["status"]["containerStatuses"][0]["containerID"] == before


def test_start_repairs_what_died_with_its_supervisor(session: Session, start: Callable[[], Session]) -> None:
    before = pids(session)
    killed = ("supervisor", "kube-apiserver", "kubelet")
    subprocess.run(["kill", "-9", *(str(before[name]) for name in killed)], check=True)
    after = pids(start())
    assert {part.state for part in session.status()} == {"running"}
    assert {name for name in before if before[name] != after[name]} >= set(killed)
    assert after["etcd"] == before["etcd"]


def test_start_begins_anew_when_its_network_is_gone(session: Session, start: Callable[[], Session]) -> None:
    subprocess.run(["ip", "netns", "delete", f"mlp-{session.name}"], check=True)
    again = start()
    assert {part.state for part in again.status()} == {"running"}


def test_start_begins_anew_after_a_restart_of_the_machine(session: Session, start: Callable[[], Session]) -> None:
    # After a restart the pids of the records belong to others: here, to this test.
    record = json.loads(session.layout.record.read_text())
    session.layout.record.write_text(json.dumps(record | {"boot": "the one before"}))
    for file in (session.directory / "runs").glob("*.json"):
        run = json.loads(file.read_text())
        run["process"] = {"pid": 1, "started": 1, "boot": "the one before"}
        file.write_text(json.dumps(run))
    again = start()
    assert {part.state for part in again.status()} == {"running"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_an_interrupted_start_can_be_started_again(
    session: Session, start: Callable[[], Session], number: signal.Signals, seconds: float
) -> None:
    session.stop(Silent())
    # An interpreter of its own, as a user's: in a fork of this one, the interrupt may be raised in a callback of
    # pytest's or Hypothesis', where Python drops it.
    with subprocess.Popen(
        [sys.executable, "-c", START, session.name, json.dumps(GPU_NODE)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == b"starting\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.send_signal(number)
        child.communicate()
    assert child.returncode == -number
    assert {part.state for part in start().status()} == {"running"}


def test_several_run_side_by_side(session: Session, kube: Kube, sessions: Callable[..., Session]) -> None:
    other = sessions("other", Level.FULL)
    try:
        assert other.address != session.address
        with Kube(other.kubeconfig) as others:
            others.apply(pod("plain", PAUSE_IMAGE))
            assert wait_for_pod(others, f"{PODS}/plain")["spec"]["nodeName"] == "real-0"
        assert dns_pod(kube)
    finally:
        other.stop(Silent(), remove=True)
    # The end of one is no concern of the other's.
    assert {part.state for part in session.status()} == {"running"}
    assert dns_pod(kube)


def test_a_name_that_runs_from_another_state_directory_is_left_alone(
    session: Session, start: Callable[[], Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPLATFORM_STATE", str(tmp_path))
    with pytest.raises(RehearsalError, match=f"runs already, from {session.directory}"):
        start()
    assert {part.state for part in session.status()} == {"running"}


def test_stop_leaves_nothing_but_images_and_logs_and_can_be_repeated(
    session: Session, kube: Kube, start: Callable[[], Session]
) -> None:
    dns_pod(kube)
    visitor = subprocess.Popen(session.command(["sleep", "600"]))
    assert traces(session)
    session.stop(Silent())
    assert visitor.wait(timeout=10) == -signal.SIGTERM
    assert traces(session) == []
    assert sorted(entry.name for entry in session.directory.iterdir()) == ["images", "logs"]
    assert Session.find(session.name) is None
    stop(session.name, Silent())
    assert {part.state for part in start().status()} == {"running"}


def test_removing_leaves_nothing_at_all(sessions: Callable[..., Session], real_machine: None) -> None:
    del real_machine
    other = sessions("other", Level.FULL)
    other.stop(Silent(), remove=True)
    assert traces(other) == []
    assert not other.directory.exists()


def test_without_a_node_every_pod_is_simulated(sessions: Callable[..., Session]) -> None:
    session = sessions("objects", Level.OBJECTS)
    assert session.command(["true"]) == ["true"]
    with Kube(session.kubeconfig) as kube:
        kube.apply(pod("plain", "example.org/any:1"))
        assert wait_for_pod(kube, f"{PODS}/plain")["spec"]["nodeName"] == "simulated-0"
    session.stop(Silent(), remove=True)
    assert traces(session) == []


def test_all_can_be_removed_at_once_even_what_a_stopped_one_has_kept(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPLATFORM_STATE", str(tmp_path))
    session = Session.start(f"test-{os.getpid()}", tools, World(), Silent(), Level.OBJECTS)
    session.stop(Silent())
    assert Session.all() == []
    assert session.directory.exists()
    remove_all(Silent())
    assert not session.directory.exists()


def _authority(session: Session) -> str:
    cluster = json.loads(session.kubeconfig.read_text())["clusters"][0]["cluster"]
    return base64.b64decode(cluster["certificate-authority-data"]).decode()
