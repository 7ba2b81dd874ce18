"""Who the processes of a pod are, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, every
from policies.rule import Default, Example, Level, OnUnknown, Rule
from policies.rules._examples import (
    every_workload,
    in_every_container,
    in_every_overlay,
    variants,
)
from policies.rules._workloads import PREDICTORS, RUNTIMES, SERVICE, WORKLOADS, at, containers, of_pods

if TYPE_CHECKING:
    from policies.language import Condition

_POD: Final = "spec.template.spec"
_CONTEXT: Final = f"{_POD}.containers[0].securityContext"
_VOLUMES: Final = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
"""Pod Security Standards, restricted; and images, whose references K8S-04 judges."""
_SAFE_SECCOMP: Final = ("RuntimeDefault", "Localhost")


def _takes_nothing_back(container: Value) -> Condition:
    """It does not undo what its pod, or the container that it is laid over, says."""
    context = container["securityContext"]
    return all_of(
        context["capabilities.add"].every(lambda capability: capability.equals("NET_BIND_SERVICE")),
        ~context["runAsUser"].equals(0),
        ~context["runAsNonRoot"].is_false(),
        context["seccompProfile.type"].exists().implies(context["seccompProfile.type"].is_one_of(_SAFE_SECCOMP)),
    )


def _not_weakened(container: Value) -> Condition:
    return ~container["securityContext.allowPrivilegeEscalation"].is_true() & _takes_nothing_back(container)


def _confined_by_itself(container: Value) -> Condition:
    context = container["securityContext"]
    return all_of(
        context["allowPrivilegeEscalation"].is_false(),
        context["capabilities.drop"].contains("ALL"),
        _takes_nothing_back(container),
    )


def _nobody_in(pod: Value, container: Value) -> Condition:
    """A container inherits who it runs as and its seccomp profile from its pod, where it does not say so itself."""
    own, inherited = container["securityContext"], pod["securityContext"]
    return all_of(
        own["runAsNonRoot"].exists() | inherited["runAsNonRoot"].is_true(),
        own["seccompProfile.type"].exists() | inherited["seccompProfile.type"].is_one_of(_SAFE_SECCOMP),
    )


def _of_its_own(volume: Value) -> Condition:
    """What it mounts comes from Kubernetes, not straight from a machine, a disk or a server elsewhere."""
    return any_of(*(volume[kind].exists() for kind in _VOLUMES))


def _unprivileged(pod: Value) -> Condition:
    return all_of(
        pod["volumes"].every(_of_its_own),
        ~pod["securityContext.runAsUser"].equals(0),
        every(containers(pod), lambda container: _confined_by_itself(container) & _nobody_in(pod, container)),
    )


def _nobody_serves(pod: Value) -> Condition:
    """A model server's container is its runtime's; who it runs as is the service's to say."""
    return pod["model"].let(lambda container: container.exists().implies(_nobody_in(pod, container)))


_UNPRIVILEGED: Final = {
    **of_pods(_unprivileged, _not_weakened),
    **of_pods(lambda pod: pod["containers"].every(_confined_by_itself), kinds=RUNTIMES),
}
_UNPRIVILEGED[SERVICE] &= all_of(*(at(predictor, _nobody_serves) for predictor in PREDICTORS))


def _hardening(kind: str) -> tuple[Default, ...]:
    pods = WORKLOADS[kind].pods
    of_container = [
        Default(f"{pod}.{each}[*]", f"securityContext.{path}", value)
        for pod in pods
        for each in ("initContainers", "containers")
        for path, value in (("allowPrivilegeEscalation", False), ("capabilities.drop", ["ALL"]))
    ]
    of_pod = [
        Default(pod, f"securityContext.{path}", value)
        for pod in pods
        if kind not in RUNTIMES
        for path, value in (("runAsNonRoot", True), ("seccompProfile.type", "RuntimeDefault"))
    ]
    return (*of_container, *of_pod)


_NOBODY: Final = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}

UNPRIVILEGED = Rule(
    id="K8S-02",
    title="Containers run unprivileged: non-root, no privilege escalation, all capabilities dropped, seccomp on",
    why="A process that is root in its container is one kernel or runtime fault away from the machine, its GPUs and "
    "every other team's data on it.",
    fix="set securityContext: runAsNonRoot true, allowPrivilegeEscalation false, capabilities.drop [ALL], "
    "seccompProfile.type RuntimeDefault; build the image so that it runs as a numbered user",
    level=Level.REMEDIATE,
    on_unknown=OnUnknown.REFUSE,
    conditions=_UNPRIVILEGED,
    defaults={kind: _hardening(kind) for kind, workload in WORKLOADS.items() if workload.pods},
    frameworks={"PSS": ("restricted",), "CIS Kubernetes": ("4.2.5",), "EU AI Act": ("15",)},
    peers=("Kyverno podSecurity", "Gatekeeper allow-privilege-escalation", "Kubescape C-0016", "CKV_K8S_20/23/31/37"),
    differs="A serving runtime says nothing of who its pods run as: the InferenceService that uses it must.",
    good=(
        *every_workload(),
        *in_every_overlay("securityContext", {"capabilities": {"add": ["NET_BIND_SERVICE"]}, **_NOBODY}),
        *in_every_overlay("securityContext", {"allowPrivilegeEscalation": False, **_NOBODY}),
        *variants(
            "deployment",
            (f"{_CONTEXT}.capabilities", {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]}),
            (f"{_CONTEXT}.runAsUser", 1000),
            (f"{_CONTEXT}.seccompProfile.type", "Localhost"),
            (f"{_POD}.securityContext.runAsUser", 1000),
            (f"{_POD}.securityContext.seccompProfile.type", "Localhost"),
            *((f"{_POD}.volumes", [{"name": "a", kind: {}}]) for kind in _VOLUMES),
        ),
        Example(
            "pod",
            {
                "spec.initContainers": ABSENT,
                "spec.containers[1]": ABSENT,
                "spec.securityContext": ABSENT,
                "spec.containers[0].securityContext.runAsNonRoot": True,
                "spec.containers[0].securityContext.seccompProfile.type": "RuntimeDefault",
            },
        ),
        *every_workload(kinds=(SERVICE,), also={"spec.predictor": ABSENT}),
    ),
    bad=(
        *in_every_container("securityContext.allowPrivilegeEscalation", True),
        *in_every_overlay("securityContext.allowPrivilegeEscalation", True),
        *variants(
            "deployment",
            (_CONTEXT, ABSENT),
            (f"{_CONTEXT}.allowPrivilegeEscalation", ABSENT),
            (f"{_CONTEXT}.capabilities.drop", ABSENT),
            (f"{_CONTEXT}.capabilities.drop", ["NET_RAW"]),
            (f"{_CONTEXT}.capabilities.add", ["NET_BIND_SERVICE", "SYS_ADMIN"]),
            (f"{_CONTEXT}.runAsUser", 0),
            (f"{_CONTEXT}.runAsNonRoot", False),
            (f"{_CONTEXT}.seccompProfile.type", "Unconfined"),
            (f"{_POD}.securityContext", ABSENT),
            (f"{_POD}.securityContext.runAsUser", 0),
            (f"{_POD}.securityContext.runAsNonRoot", ABSENT),
            (f"{_POD}.securityContext.runAsNonRoot", False),
            (f"{_POD}.securityContext.seccompProfile", ABSENT),
            (f"{_POD}.securityContext.seccompProfile.type", "Unconfined"),
            *(
                (f"{_POD}.volumes", [{"name": "a", "emptyDir": {}}, {"name": "b", kind: {}}])
                for kind in ("nfs", "hostPath", "awsElasticBlockStore", "flexVolume", "gitRepo")
            ),
        ),
        *variants(
            "inference service",
            ("spec.predictor.securityContext.runAsNonRoot", ABSENT),
            ("spec.predictor.securityContext.seccompProfile.type", "Unconfined"),
            ("spec.canary[0].predictor.model", {"runtime": "vllm"}),
        ),
    ),
    unknown=(
        *in_every_container("securityContext.allowPrivilegeEscalation", UNKNOWN),
        *variants("deployment", (f"{_POD}.securityContext", UNKNOWN), (_POD, UNKNOWN)),
    ),
)

READ_ONLY = Rule(
    id="K8S-07",
    title="Containers cannot write to their own image",
    why="An intruder who cannot change the file system cannot leave tools behind; writes go to volumes that are seen.",
    fix="set securityContext.readOnlyRootFilesystem true and mount an emptyDir where the program writes",
    level=Level.ADVISORY,
    conditions=of_pods(
        lambda pod: every(
            containers(pod), lambda container: container["securityContext.readOnlyRootFilesystem"].is_true()
        )
    ),
    frameworks={"PSS": ("beyond restricted",)},
    peers=("CKV_K8S_22",),
    good=every_workload(kinds=[kind for kind in WORKLOADS if WORKLOADS[kind].pods or kind == SERVICE]),
    bad=(
        *in_every_container("securityContext.readOnlyRootFilesystem", ABSENT),
        Example("deployment", {f"{_CONTEXT}.readOnlyRootFilesystem": False}),
    ),
    unknown=in_every_container("securityContext.readOnlyRootFilesystem", UNKNOWN),
)

RULES: Final = (UNPRIVILEGED, READ_ONLY)
