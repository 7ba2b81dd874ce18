"""The network of one rehearsal: a namespace that only this machine reaches, and that reaches nothing outside.

A pair of virtual Ethernet devices joins it to the host over a /30 of 198.18.0.0/15, the range for tests of
networks (RFC 2544). Inside there is no default route: a connection to anywhere else fails at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.machine.command import run, succeeds
from rehearsal.processes.process import inode_of

SERVICES = IPv4Network("10.96.0.0/16")
"""Addresses of Services. They exist only as rules of kube-proxy inside the namespace."""
PODS = IPv4Network("10.244.0.0/24")
"""Addresses of the pods of the real node; inside the namespace only."""

POD_IDENTITY = "169.254.170.23"
"""Where pods ask for the credentials of their roles, where the rehearsal plays AWS."""

_RANGE = IPv4Network("198.18.0.0/15")
_NAMESPACES = Path("/run/netns")
_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    # kube-proxy and the port mapping of pods answer on the loopback device too.
    "net/ipv4/conf/all/route_localnet": "1",
}


@dataclass(frozen=True)
class Space:
    """The network namespace of the rehearsal ``name``, with the addresses of ``subnet``."""

    name: str
    subnet: IPv4Network

    @property
    def namespace(self) -> str:
        """Its name for `ip netns`."""
        return f"mlp-{self.name}"

    @property
    def path(self) -> Path:
        """The file that stands for it."""
        return _NAMESPACES / self.namespace

    @property
    def host_address(self) -> str:
        """The host's own address towards the rehearsal."""
        return str(self.subnet[1])

    @property
    def address(self) -> str:
        """The rehearsal's address, reachable from the host and from its pods."""
        return str(self.subnet[2])

    @property
    def enter(self) -> tuple[str, ...]:
        """The prefix that runs a command inside. `ip netns exec` is not it: it hides the control groups."""
        return ("nsenter", f"--net={self.path}", "--")

    @property
    def exists(self) -> bool:
        """Whether the namespace is there."""
        return inode_of(self.path) is not None

    def ensure(self) -> None:
        """Make the namespace, its devices and its routes, or what of them is missing."""
        if not self.exists:
            self.path.unlink(missing_ok=True)
            run(["ip", "netns", "add", self.namespace])
        if not self._joined():
            self._join()
        self._inside("ip", "link", "set", "lo", "up")
        # Pods reach it through their node, as on EKS.
        self._inside("ip", "address", "replace", f"{POD_IDENTITY}/32", "dev", "lo")
        # No packet is ever sent to such an address: kube-proxy rewrites it. But without a route the kernel
        # refuses a connection before kube-proxy's rules see it.
        self._inside("ip", "route", "replace", str(SERVICES), "dev", "lo", "src", self.address)
        for key, value in _SYSCTLS.items():
            self._inside("sh", "-c", f"echo {value} > /proc/sys/{key}")

    def remove(self) -> None:
        """Take the namespace away, and with it all devices, routes and packet filter rules inside."""
        if succeeds(["ip", "link", "show", "dev", self.host_device]):
            run(["ip", "link", "delete", "dev", self.host_device])
        if self.path.exists() and not succeeds(["ip", "netns", "delete", self.namespace]):
            self.path.unlink(missing_ok=True)

    def _joined(self) -> bool:
        has = f"{self.address}/{self.subnet.prefixlen}"
        try:
            inner = self._inside("ip", "-brief", "address", "show", "dev", "eth0")
            outer = run(["ip", "-brief", "address", "show", "dev", self.host_device])
        except RehearsalError:
            return False
        return has in inner and f"{self.host_address}/{self.subnet.prefixlen}" in outer

    def _join(self) -> None:
        if succeeds(["ip", "link", "show", "dev", self.host_device]):
            run(["ip", "link", "delete", "dev", self.host_device])
        peer = ["peer", "name", "eth0", "netns", self.namespace]
        run(["ip", "link", "add", self.host_device, "type", "veth", *peer])
        length = self.subnet.prefixlen
        run(["ip", "address", "add", f"{self.host_address}/{length}", "dev", self.host_device])
        run(["ip", "link", "set", self.host_device, "up"])
        self._inside("ip", "address", "add", f"{self.address}/{length}", "dev", "eth0")
        self._inside("ip", "link", "set", "eth0", "up")

    @property
    def host_device(self) -> str:
        """The host's end of the pair."""
        # A device's name has at most 15 characters.
        return f"mlp{hashlib.sha256(self.name.encode()).hexdigest()[:10]}"

    def _inside(self, *argv: str) -> str:
        return run([*self.enter, *argv])


def free_subnet(name: str) -> IPv4Network:
    """A /30 that no address or route of this machine covers; the same for the same name while it is free."""
    taken = _taken()
    candidates = list(_RANGE.subnets(new_prefix=30))
    first = int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(candidates)
    for subnet in candidates[first:] + candidates[:first]:
        if not any(subnet.overlaps(network) for network in taken):
            return subnet
    raise RehearsalError(
        f"every /30 of {_RANGE} is covered by a route of this machine",
        remedy="remove the route to that range (`ip route`), which is set aside for tests of networks",
    )


def _taken() -> list[IPv4Network]:
    routes: list[dict[str, Any]] = json.loads(run(["ip", "-4", "-json", "route", "show", "table", "all"]) or "[]")
    found = [ip_network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]
    return [network for network in found if isinstance(network, IPv4Network)]
