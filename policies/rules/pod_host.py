"""What a pod may touch of the machine that it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import UNKNOWN, Value, all_of, every
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._examples import (
    every_annotation,
    every_workload,
    in_every_container,
    in_every_overlay,
    in_every_pod,
    variants,
)
from policies.rules._workloads import RUNTIMES, WORKLOADS, annotations_of, at, containers, of_pods

if TYPE_CHECKING:
    from policies.language import Condition

_POD: Final = "spec.template.spec"
_CONTEXT: Final = f"{_POD}.containers[0].securityContext"
_CONTEXTS: Final = (_CONTEXT, f"{_POD}.securityContext")

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


_SELINUX_TYPES: Final = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_APPARMOR: Final = ("RuntimeDefault", "Localhost")
_APPARMOR_ANNOTATION: Final = "container.apparmor.security.beta.kubernetes.io/"
_HANDLERS: Final = tuple(
    f"{each}.{how}"
    for each in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop")
    for how in ("httpGet", "tcpSocket")
)


def _unless_given(value: Value, allowed: tuple[str, ...]) -> Condition:
    return value.exists().implies(value.is_one_of(allowed))


def _confined(context: Value) -> Condition:
    """Neither pod nor container takes away what SELinux and AppArmor keep from it."""
    options = context["seLinuxOptions"]
    return all_of(
        _unless_given(options["type"], _SELINUX_TYPES),
        ~options["user"].matches("."),
        ~options["role"].matches("."),
        _unless_given(context["appArmorProfile.type"], _APPARMOR),
    )


def _asks_itself(container: Value) -> Condition:
    """Its probes and hooks are about itself: with a host of their own the kubelet would call others for it."""
    return all_of(*(~container[f"{handler}.host"].matches(".") for handler in _HANDLERS))


def _inside(container: Value) -> Condition:
    context = container["securityContext"]
    return all_of(
        _confined(context),
        _asks_itself(container),
        ~context["privileged"].is_true(),
        ~context["windowsOptions.hostProcess"].is_true(),
        context["procMount"].exists().implies(context["procMount"].equals("Default")),
        container["ports"].every(lambda port: ~port["hostPort"].at_least(1)),
    )


def _off_the_host(pod: Value) -> Condition:
    return all_of(
        _confined(pod["securityContext"]),
        ~pod["hostNetwork"].is_true(),
        ~pod["hostPID"].is_true(),
        ~pod["hostIPC"].is_true(),
        ~pod["securityContext.windowsOptions.hostProcess"].is_true(),
        pod["securityContext.sysctls"].every(lambda sysctl: sysctl["name"].is_one_of(_SAFE_SYSCTLS)),
        pod["volumes"].every(lambda volume: ~volume["hostPath"].exists()),
        every(containers(pod), _inside),
    )


def _keeps_apparmor(annotations: Value) -> Condition:
    """The annotations that came before securityContext.appArmorProfile, which the API server still reads."""
    return annotations.every(
        lambda key: key.starts_with(_APPARMOR_ANNOTATION).implies(
            annotations.key(key).matches("^(runtime/default|localhost/.*)?$")
        )
    )


def _with_annotations(kind: str, condition: Condition) -> Condition:
    return all_of(condition, *(at(path, _keeps_apparmor) for path in annotations_of(kind)))


_CONFINEMENT: Final = (
    ("seLinuxOptions", {"type": "spc_t"}),
    ("seLinuxOptions", {"user": "system_u"}),
    ("seLinuxOptions", {"role": "system_r"}),
    ("appArmorProfile", {"type": "Unconfined"}),
)
_CONFINED: Final = (
    *(("seLinuxOptions", {"type": name, "user": "", "role": ""}) for name in _SELINUX_TYPES),
    *(("appArmorProfile", {"type": name}) for name in _APPARMOR),
)
_ANNOTATION: Final = f'spec.template.metadata.annotations["{_APPARMOR_ANNOTATION}main"]'

OFF_THE_HOST = Rule(
    id="K8S-03",
    title="Pods stay off the host: not privileged, no host namespaces, ports, paths or processes",
    why="A pod that can reach the machine's network, processes or files has left its container: every isolation "
    "between teams ends there.",
    fix="remove privileged, hostNetwork, hostPID, hostIPC, hostPort and hostPath; use a Service, a PersistentVolume "
    "or a device plugin; a node agent that needs the host is named with its reason in policies/parameters.py",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        kind: _with_annotations(kind, condition) for kind, condition in of_pods(_off_the_host, _inside).items()
    },
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
            *((f"{context}.{path}", value) for context in _CONTEXTS for path, value in _CONFINED),
            *((f"{_POD}.containers[0].{handler}.host", "") for handler in _HANDLERS),
            *((_ANNOTATION, profile) for profile in ("runtime/default", "localhost/own", "")),
            ('spec.template.metadata.annotations["other"]', "unconfined"),
            (f'spec.template.metadata.annotations["x{_APPARMOR_ANNOTATION}main"]', "unconfined"),
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
            *((f"{context}.{path}", value) for context in _CONTEXTS for path, value in _CONFINEMENT),
            *((f"{_POD}.containers[0].{handler}.host", "10.0.0.1") for handler in _HANDLERS),
        ),
        *(
            Example(base, {f'{path}["{_APPARMOR_ANNOTATION}main"]': "unconfined", f'{path}["other"]': "a"})
            for base, path in every_annotation()
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
