"""What a rehearsal takes of the machine: addresses, control groups, a name."""

from __future__ import annotations

import contextlib
import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.layout import Layout
from rehearsal.locks import exclusive
from rehearsal.machine import cgroups, space
from rehearsal.machine.cgroups import ControlGroup, Hierarchy, hierarchies
from rehearsal.machine.space import Space, free_subnet

if TYPE_CHECKING:
    from collections.abc import Sequence

MOUNTS = """\
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
/dev/vda / ext4 rw 0 0
"""


@pytest.fixture
def routes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The destinations of this machine's routes, for a test to fill."""
    found: list[str] = []

    def run(argv: Sequence[str]) -> str:
        assert "route" in argv
        return json.dumps([{"dst": destination} for destination in found])

    monkeypatch.setattr(space, "run", run)
    return found


def test_the_same_name_gets_the_same_addresses(routes: list[str]) -> None:
    routes.append("default")
    assert free_subnet("local") == free_subnet("local")
    assert free_subnet("local") != free_subnet("other")
    assert free_subnet("local").subnet_of(IPv4Network("198.18.0.0/15"))


def test_addresses_that_a_route_covers_are_left_to_it(routes: list[str]) -> None:
    first = free_subnet("local")
    routes.append(str(first))
    second = free_subnet("local")
    routes.append(str(second[1]))
    third = free_subnet("local")
    assert len({first, second, third}) == 3


def test_a_machine_without_a_free_address_is_told_so(routes: list[str]) -> None:
    routes.append("198.0.0.0/8")
    with pytest.raises(RehearsalError, match=r"covered by a route"):
        free_subnet("local")


def test_device_names_fit_the_kernel() -> None:
    one, other = (Space("a" * 29 + end, IPv4Network("198.18.0.0/30")) for end in "bc")
    assert one.host_device != other.host_device
    assert len(one.host_device) <= 15


def test_control_groups_of_both_versions_are_found() -> None:
    assert hierarchies(MOUNTS) == [
        Hierarchy(Path("/sys/fs/cgroup/memory"), 1),
        Hierarchy(Path("/sys/fs/cgroup/unified"), 2),
    ]


def test_version_2_hands_controllers_down_to_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = tmp_path / "mlplatform-x"
    group.mkdir()
    for directory in (tmp_path, group):
        (directory / "cgroup.controllers").write_text("cpu memory misc pids\n")
        (directory / "cgroup.subtree_control").write_text("cpu memory\n")
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [Hierarchy(tmp_path, 2)])
    ControlGroup("mlplatform-x").ensure()
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+pids"
    assert (group / "cgroup.subtree_control").read_text() == "+pids"


def test_control_groups_that_cannot_be_made_are_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [Hierarchy(tmp_path / "missing", 2)])
    with pytest.raises(RehearsalError, match="--privileged"):
        ControlGroup("mlplatform-x").ensure()


@pytest.mark.parametrize("name", ["", "Local", "1st", "a" * 31, "a/b", "..", "a-", "a b"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(RehearsalError, match="cannot be called"):
        Layout.of(name)


def test_a_second_command_waits_for_the_first(tmp_path: Path) -> None:
    waits: list[str] = []
    with contextlib.ExitStack() as first:
        first.enter_context(exclusive(tmp_path / "lock"))

        def waiting() -> None:
            waits.append("for the first")
            first.close()

        with exclusive(tmp_path / "lock", waiting):
            assert waits == ["for the first"]
