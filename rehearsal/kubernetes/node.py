"""The real node: containerd, kubelet and kube-proxy on this machine, inside the rehearsal's namespaces."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.cluster import cluster_dns
from rehearsal.files import digest, write, write_json
from rehearsal.machine.space import PODS
from rehearsal.processes.parts import Part

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.layout import Layout
    from rehearsal.machine.host import Runtime
    from rehearsal.toolchain import Tools

NAME = "real-0"
AGENTS = ("kubelet", "kube-proxy")

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}

_CONTAINERD = """\
version = 2
root = {root}
# It would make /opt/containerd on this machine.
disabled_plugins = ["io.containerd.internal.v1.opt"]

[grpc]
  address = {socket}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = {pause}
  # This machine may itself be a container, which must not raise the priority of a process.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  # As newer releases have it by default: a server in a pod needs no privilege for its port.
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = {snapshotter}

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = {cni_programs}
  conf_dir = {cni_configuration}

[plugins."io.containerd.nri.v1.nri"]
  disable = true
"""


@dataclass(frozen=True)
class Node:
    """The three programs of the node at ``address``, run through the prefix ``through``.

    ``pause`` is the reference of the image that holds a pod's namespaces, ``control_group`` the group of all pods.
    """

    layout: Layout
    tools: Tools
    address: str
    through: tuple[str, ...]
    runtime: Runtime
    snapshotter: str
    pause: str
    control_group: str

    @property
    def socket(self) -> Path:
        """Where containerd answers."""
        return self.layout.runtime / "containerd.sock"

    def configure(self) -> None:
        """Write what the programs read."""
        networks = self._file("cni")
        networks.mkdir(exist_ok=True)
        write_json(networks / "10-rehearsal.conflist", self._network())
        write(self._file("containerd.toml"), self._containerd())
        # Pods that use the node's own resolver find nobody to ask, as nothing outside can be reached.
        write(self._file("resolv.conf"), "")
        write_json(self._file("kubelet.yaml"), self._kubelet())
        write_json(self._file("kube-proxy.yaml"), self._kube_proxy())

    def containerd(self) -> Part:
        """The container runtime."""
        containerd = str(self.runtime.containerd)
        configuration = self._file("containerd.toml")
        return self._part("containerd", containerd, f"--config={configuration}", reads=configuration)

    def agents(self) -> list[Part]:
        """kubelet and kube-proxy."""
        kubelet, proxy = self._file("kubelet.yaml"), self._file("kube-proxy.yaml")
        of_kubelet = (
            f"--kubeconfig={self.layout.kubeconfig_of('kubelet')}",
            f"--hostname-override={NAME}",
            f"--node-ip={self.address}",
        )
        binary = self.tools.binary
        return [
            self._part("kubelet", str(binary("kubelet")), f"--config={kubelet}", *of_kubelet, reads=kubelet),
            self._part("kube-proxy", str(binary("kube-proxy")), f"--config={proxy}", reads=proxy),
        ]

    def _part(self, name: str, *command: str, reads: Path) -> Part:
        log = str(self.layout.log(name))
        return Part(name, command, log, self.through, _ENVIRONMENT, digest(reads))

    def _file(self, name: str) -> Path:
        return self.layout.configuration / name

    def _containerd(self) -> str:
        values = {
            "root": self.layout.images,
            "socket": self.socket,
            "pause": self.pause,
            "snapshotter": self.snapshotter,
            "cni_programs": self.runtime.cni,
            "cni_configuration": self._file("cni"),
        }
        # A JSON string is a TOML string.
        return _CONTAINERD.format(**{key: json.dumps(str(value)) for key, value in values.items()})

    def _network(self) -> dict[str, object]:
        """A pair of devices for each pod, routed: unlike on a bridge, every packet meets kube-proxy's rules."""
        ranges = [[{"subnet": str(PODS)}]]
        pair = {"type": "ptp", "ipam": {"type": "host-local", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]}}
        ports = {"type": "portmap", "capabilities": {"portMappings": True}}
        return {"cniVersion": "0.4.0", "name": "rehearsal", "plugins": [pair, ports]}

    def _kubelet(self) -> dict[str, object]:
        pki = self.layout.certificates
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": self.address,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(pki / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(pki / "kubelet-server.crt"),
            "tlsPrivateKeyFile": str(pki / "kubelet-server.key"),
            "readOnlyPort": 0,
            "healthzPort": 0,
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.control_group}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "clusterDNS": [cluster_dns.ADDRESS],
            "clusterDomain": cluster_dns.DOMAIN,
            "resolvConf": str(self._file("resolv.conf")),
            "volumePluginDir": "/var/lib/kubelet/volume-plugins",
            "serializeImagePulls": False,
            # All pods of the platform are on this one node; their addresses are those of one /24.
            "maxPods": 220,
            # How soon a Secret that changed is in its volumes. Controllers write their own certificates when they
            # start, and are ready when they see them: by default a minute later, or more.
            "syncFrequency": "5s",
            "kubeAPIQPS": 100,
            "kubeAPIBurst": 200,
            # Nobody could pull the images of this machine again, and a disk that is nearly full is its owner's.
            "imageGCHighThresholdPercent": 100,
            "imageMinimumGCAge": "8760h",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        }

    def _kube_proxy(self) -> dict[str, object]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "hostnameOverride": NAME,
            "clientConnection": {"kubeconfig": str(self.layout.kubeconfig_of("kube-proxy"))},
            "clusterCIDR": str(PODS),
            "bindAddress": self.address,
            "healthzBindAddress": "",
            "metricsBindAddress": "",
            "iptables": {"minSyncPeriod": "200ms"},
            # These are the whole machine's, not the rehearsal's.
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
        }
