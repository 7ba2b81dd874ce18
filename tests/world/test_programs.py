"""How the programs of a rehearsal are called and configured: nothing is left open, nothing collides."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from rehearsal.kubernetes import certificates, node
from rehearsal.kubernetes.control_plane import ControlPlane, Endpoints
from rehearsal.kubernetes.node import Node
from rehearsal.layout import Layout
from rehearsal.machine.host import Level, Runtime
from rehearsal.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.processes.parts import Part
    from rehearsal.toolchain import Tools

ADDRESS = "198.18.0.2"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    certificates.ensure(tmp_path / "certificates", address=ADDRESS, node=node.NAME)
    return Layout("local", tmp_path)


@pytest.fixture
def control_plane(layout: Layout, no_tools: Tools) -> ControlPlane:
    plane = ControlPlane(layout, no_tools, Endpoints.in_space(ADDRESS), ("through",))
    plane.configure()
    return plane


@pytest.fixture
def real_node(layout: Layout, control_plane: ControlPlane, no_tools: Tools, tmp_path: Path) -> Node:
    del control_plane
    runtime = Runtime(tmp_path / "containerd", tmp_path / "ctr", tmp_path / "cni")
    found = Node(layout, no_tools, ADDRESS, ("through",), runtime, "overlayfs", "pause:1", "mlplatform-local")
    found.configure()
    return found


def flags(part: Part) -> dict[str, str]:
    return dict(flag.removeprefix("--").split("=", 1) for flag in part.command[1:])


def test_nobody_reaches_the_api_server_without_a_certificate(control_plane: ControlPlane) -> None:
    _, api_server = map(flags, control_plane.store())
    assert api_server["anonymous-auth"] == "false"
    assert api_server["authorization-mode"] == "Node,RBAC"
    assert not {flag for flag in api_server if "token-auth" in flag or "insecure" in flag}


def test_etcd_asks_everybody_for_a_certificate(control_plane: ControlPlane) -> None:
    etcd, api_server = map(flags, control_plane.store())
    assert (etcd["client-cert-auth"], etcd["peer-client-cert-auth"]) == ("true", "true")
    assert etcd["listen-client-urls"] == api_server["etcd-servers"] == "https://127.0.0.1:2379"


def test_the_api_server_verifies_kubelet_and_kubelet_its_callers(
    control_plane: ControlPlane, real_node: Node, layout: Layout
) -> None:
    _, api_server = map(flags, control_plane.store())
    assert api_server["kubelet-certificate-authority"] == str(layout.certificates / "ca.crt")
    kubelet = json.loads((layout.configuration / "kubelet.yaml").read_text())
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["authorization"] == {"mode": "Webhook"}
    assert kubelet["readOnlyPort"] == 0
    assert real_node.agents()[0].through == ("through",)


def test_ports_on_loopback_are_free_and_apart() -> None:
    one, other = Endpoints.on_loopback(), Endpoints.on_loopback()
    ports = [one.api_port, one.etcd_port, one.peer_port]
    assert len(set(ports)) == 3
    assert one.server == f"https://127.0.0.1:{one.api_port}"
    assert not other.reachable


def test_containerd_reads_its_configuration_whatever_is_in_a_path(layout: Layout, real_node: Node) -> None:
    configuration = tomllib.loads((layout.configuration / "containerd.toml").read_text())
    assert configuration["root"] == str(layout.images)
    cri = configuration["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["sandbox_image"] == "pause:1"
    assert cri["containerd"]["snapshotter"] == "overlayfs"
    assert cri["cni"]["bin_dir"] == str(real_node.runtime.cni)


def test_a_part_whose_configuration_changes_is_another_part(layout: Layout, real_node: Node) -> None:
    before = real_node.agents()
    (layout.configuration / "kubelet.yaml").write_text("{}")
    kubelet, proxy = real_node.agents()
    assert kubelet != before[0]
    assert proxy == before[1]


def test_kubelet_never_clears_images_away_that_nobody_could_bring_back(layout: Layout, real_node: Node) -> None:
    del real_node
    kubelet = json.loads((layout.configuration / "kubelet.yaml").read_text())
    assert kubelet["imageGCHighThresholdPercent"] == 100


def test_a_record_reads_as_it_was_written(tmp_path: Path) -> None:
    layout = Layout("local", tmp_path)
    written = Record(
        Level.FULL, "boot", Endpoints.in_space(ADDRESS), "198.18.0.0/30", (("net", 1), ("mnt", 2)), "native"
    )
    written.save(layout)
    assert Record.load(layout) == written


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"level": "none"}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    layout = Layout("local", tmp_path)
    layout.record.write_text(content)
    assert Record.load(layout) is None
