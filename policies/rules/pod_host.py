"""What a pod may touch of the machine that it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import UNKNOWN, Value, all_of, every
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._examples import (
    every_workload,
    in_every_container,
    in_every_overlay,
    in_every_pod,
    variants,
)
from policies.rules._workloads import RUNTIMES, WORKLOADS, containers, of_pods

if TYPE_CHECKING:
    from policies.language import Condition

_POD: Final = "spec.template.spec"
_CONTEXT: Final = f"{_POD}.containers[0].securityContext"

_SAFE_SYSCTLS: Final = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
)
"""Those that Kubernetes isolates by pod (Pod Security Standards, baseline)."""


def _inside(container: Value) -> Condition:
    context = container["securityContext"]
    return all_of(
        ~context["privileged"].is_true(),
        ~context["windowsOptions.hostProcess"].is_true(),
        context["procMount"].exists().implies(context["procMount"].equals("Default")),
        container["ports"].every(lambda port: ~port["hostPort"].at_least(1)),
    )


def _off_the_host(pod: Value) -> Condition:
    return all_of(
        ~pod["hostNetwork"].is_true(),
        ~pod["hostPID"].is_true(),
        ~pod["hostIPC"].is_true(),
        ~pod["securityContext.windowsOptions.hostProcess"].is_true(),
        pod["securityContext.sysctls"].every(lambda sysctl: sysctl["name"].is_one_of(_SAFE_SYSCTLS)),
        pod["volumes"].every(lambda volume: ~volume["hostPath"].exists()),
        every(containers(pod), _inside),
    )


OFF_THE_HOST = Rule(
    id="K8S-03",
    title="Pods stay off the host: not privileged, no host namespaces, ports, paths or processes",
    why="A pod that can reach the machine's network, processes or files has left its container: every isolation "
    "between teams ends there.",
    fix="remove privileged, hostNetwork, hostPID, hostIPC, hostPort and hostPath; use a Service, a PersistentVolume "
    "or a device plugin; a node agent that needs the host is named with its reason in policies/parameters.py",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions=of_pods(_off_the_host, _inside),
    frameworks={"PSS": ("baseline",), "CIS Kubernetes": ("4.2.1", "4.2.2", "4.2.3", "4.2.4")},
    peers=("CKV_K8S_16-19", "Kyverno podSecurity", "Gatekeeper host-namespaces"),
    good=(
        *every_workload(),
        *in_every_overlay("securityContext.privileged", False),
        *variants(
            "deployment",
            *((f"{_POD}.securityContext.sysctls", [{"name": name, "value": "1"}]) for name in _SAFE_SYSCTLS),
            (f"{_POD}.volumes", [{"name": "scratch", "emptyDir": {}}]),
            (f"{_POD}.hostNetwork", False),
            (f"{_POD}.hostPID", False),
            (f"{_POD}.hostIPC", False),
            (f"{_POD}.securityContext.windowsOptions.hostProcess", False),
            (f"{_CONTEXT}.windowsOptions.hostProcess", False),
            (f"{_CONTEXT}.procMount", "Default"),
            (f"{_POD}.containers[0].ports[0].hostPort", 0),
        ),
        Example(
            "daemon set",
            {
                "metadata.namespace": "monitoring",
                "metadata.name": "gpu-exporter",
                f"{_POD}.hostPID": True,
            },
        ),
    ),
    bad=(
        *in_every_pod("hostNetwork", True, kinds=[kind for kind in WORKLOADS if kind not in RUNTIMES]),
        *in_every_container("securityContext.privileged", True),
        *in_every_overlay("securityContext.privileged", True),
        *variants(
            "deployment",
            (f"{_POD}.hostPID", True),
            (f"{_POD}.hostIPC", True),
            (f"{_POD}.securityContext.windowsOptions.hostProcess", True),
            (
                f"{_POD}.securityContext.sysctls",
                [{"name": name, "value": "1"} for name in (_SAFE_SYSCTLS[0], "kernel.msgmax")],
            ),
            (f"{_POD}.volumes", [{"name": "scratch", "emptyDir": {}}, {"name": "all", "hostPath": {"path": "/"}}]),
            (f"{_CONTEXT}.procMount", "Unmasked"),
            (f"{_CONTEXT}.windowsOptions.hostProcess", True),
            (f"{_POD}.containers[0].ports", [{"containerPort": 8080}, {"containerPort": 80, "hostPort": 1}]),
        ),
        Example("daemon set", {"metadata.namespace": "monitoring", f"{_POD}.hostPID": True}),
    ),
    unknown=(
        *in_every_pod("hostNetwork", UNKNOWN),
        *variants("deployment", (f"{_POD}.volumes", UNKNOWN), (f"{_CONTEXT}.privileged", UNKNOWN)),
        Example(
            "daemon set",
            {
                "metadata.namespace": UNKNOWN,
                "metadata.name": "gpu-exporter",
                f"{_POD}.hostPID": True,
            },
        ),
    ),
)

RULES: Final = (OFF_THE_HOST,)
