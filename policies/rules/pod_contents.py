"""What a pod brings with it: images, an identity, secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, every, parameter, resource
from policies.rule import Default, Evidence, Example, Level, Rule
from policies.rules._bases import DIGEST, IMAGE
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
_CONTAINER: Final = f"{_POD}.containers[0]"

_BY_DIGEST: Final = r"@sha256:[0-9a-f]{64}$"
_BY_VERSION: Final = r":[A-Za-z_-]*[0-9][A-Za-z0-9_.-]*$"


def _trusted(image: Value) -> Condition:
    by_version = parameter("image_references").equals("tag") & image.matches(_BY_VERSION)
    return all_of(
        image.matches(_BY_DIGEST) | by_version,
        parameter("allowed_registries").some(lambda registry: image.starts_with(registry)),
    )


def _trusted_images(pod: Value) -> Condition:
    return all_of(
        every(containers(pod), lambda container: container["image"].let(_trusted)),
        pod["volumes"].every(
            lambda volume: volume["image.reference"].let(lambda image: ~volume["image"].exists() | _trusted(image))
        ),
    )


_SERVER: Final = "quay.io/feastdev/feature-server"
_TAGGED: Final = {"spec.containers[0].image": f"{_SERVER}:v0.67.0"}

TRUSTED_IMAGES = Rule(
    id="K8S-04",
    title="Images come from allowed registries and are named by what cannot change",
    why="A tag can be moved after review, so what was tested and what runs may differ; an unlisted registry was "
    "reviewed by nobody.",
    fix="name the image by digest (repository@sha256:…; where the stack's parameters allow tags, by a version tag), "
    "from a registry listed in policies/parameters.py",
    level=Level.MANDATORY,
    evidence=Evidence.BYTES,
    conditions=of_pods(
        _trusted_images, lambda container: container["image"].let(lambda image: ~image.exists() | _trusted(image))
    ),
    frameworks={"CIS Kubernetes": ("5.1.4",), "EU AI Act": ("15",)},
    peers=("CKV_K8S_43", "Gatekeeper imagedigests", "Kyverno require-image-digest"),
    good=(
        *every_workload(),
        *in_every_overlay("image", ABSENT),
        *variants(
            "deployment",
            (f"{_CONTAINER}.image", f"{_SERVER}:0.67.0@{DIGEST}"),
            (f"{_POD}.volumes", [{"name": "model", "image": {"reference": IMAGE}}]),
            (f"{_POD}.volumes", [{"name": "scratch", "emptyDir": {}}]),
        ),
        Example("pod", _TAGGED, parameters={"image_references": "tag"}),
        Example(
            "pod", {"spec.containers[0].image": f"{_SERVER}:distroless-v1.2.3"}, parameters={"image_references": "tag"}
        ),
    ),
    bad=(
        *in_every_container("image", f"{_SERVER}:latest"),
        *in_every_overlay("image", f"{_SERVER}:latest"),
        *variants(
            "deployment",
            (f"{_CONTAINER}.image", ABSENT),
            (f"{_CONTAINER}.image", _SERVER),
            (f"{_CONTAINER}.image", f"{_SERVER}:0.67.0"),
            (f"{_CONTAINER}.image", f"{_SERVER}@sha256:4f4f"),
            (f"{_CONTAINER}.image", f"docker.io/somebody/feature-server@{DIGEST}"),
            (f"{_CONTAINER}.image", f"nginx@{DIGEST}"),
            (f"{_CONTAINER}.image", f"registry.example/{IMAGE}"),
            (f"{_POD}.volumes", [{"name": "s", "emptyDir": {}}, {"name": "m", "image": {"reference": "a/b:1"}}]),
            (f"{_POD}.volumes", [{"name": "model", "image": {}}]),
        ),
        Example("pod", {"spec.containers[0].image": f"{_SERVER}:nightly"}, parameters={"image_references": "tag"}),
        Example("pod", {"spec.containers[0].image": _SERVER}, parameters={"image_references": "tag"}),
    ),
    unknown=(*in_every_container("image", UNKNOWN), *in_every_overlay("image", UNKNOWN)),
)

_WITH_ACCOUNT: Final = tuple(kind for kind in WORKLOADS if kind not in RUNTIMES)
_WITH_PODS: Final = tuple(kind for kind in _WITH_ACCOUNT if WORKLOADS[kind].pods)
_ACCOUNT: Final = f"{_POD}.serviceAccountName"
_TOKEN: Final = f"{_POD}.automountServiceAccountToken"
_IN_PLATFORM: Final = {"metadata.namespace": "kueue-system", _TOKEN: ABSENT}


def _tokenless(pod: Value) -> Condition:
    own_account = pod["serviceAccountName"].exists() & ~pod["serviceAccountName"].is_one_of(("default", ""))
    of_platform = resource["metadata.namespace"].is_one_of(parameter("platform_namespaces"))
    return any_of(~pod.exists(), pod["automountServiceAccountToken"].is_false(), of_platform & own_account)


TOKENLESS = Rule(
    id="K8S-08",
    title="Pods carry no API token, unless the platform gave them a ServiceAccount of their own",
    why="Whoever takes over a container takes its token too; a training or serving container has no use for one.",
    fix="set automountServiceAccountToken false in the pod spec; a controller of the platform names a ServiceAccount "
    "of its own, whose roles K8S-09 judges",
    level=Level.REMEDIATE,
    conditions=of_pods(_tokenless, kinds=_WITH_ACCOUNT),
    defaults={
        kind: tuple(Default(pod, "automountServiceAccountToken", False) for pod in WORKLOADS[kind].pods)
        for kind in _WITH_PODS
    },
    frameworks={"CIS Kubernetes": ("4.1.5", "4.1.6")},
    peers=("CKV_K8S_38/41", "Kyverno restrict-automount-sa-token"),
    differs="ServiceAccount objects are not judged: what the pod says overrides them, and every pod is judged.",
    good=(
        *every_workload(kinds=(*_WITH_PODS, "serving.kserve.io/InferenceService")),
        Example("ray job", {"spec.submitterPodTemplate": ABSENT}),
        Example("deployment", {**_IN_PLATFORM, _ACCOUNT: "kueue-controller-manager"}),
    ),
    bad=(
        *in_every_pod("automountServiceAccountToken", ABSENT, kinds=_WITH_ACCOUNT),
        Example("deployment", {_TOKEN: True}),
        Example("deployment", {_TOKEN: True, _ACCOUNT: "own"}),
        Example("deployment", {**_IN_PLATFORM, _ACCOUNT: "default"}),
        Example("deployment", {**_IN_PLATFORM, _ACCOUNT: ""}),
        Example("deployment", _IN_PLATFORM),
    ),
    unknown=(
        *in_every_pod("automountServiceAccountToken", UNKNOWN, kinds=_WITH_ACCOUNT),
        Example("deployment", {"metadata.namespace": UNKNOWN, _TOKEN: ABSENT, _ACCOUNT: "controller"}),
    ),
)


def _no_secret_in_environment(container: Value) -> Condition:
    return all_of(
        container["env"].every(lambda variable: ~variable["valueFrom.secretKeyRef"].exists()),
        container["envFrom"].every(lambda source: ~source["secretRef"].exists()),
    )


_PLAIN: Final = {"name": "LEVEL", "value": "info"}
_SECRET: Final = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}

NO_SECRET_IN_ENVIRONMENT = Rule(
    id="K8S-11",
    title="Secrets reach containers as files, not as environment variables",
    why="Environment variables are shown by crash dumps, debug pages and child processes, and never change while the "
    "process lives; a mounted secret can be rotated.",
    fix="mount the Secret as a volume and give the program the file's name",
    level=Level.ADVISORY,
    conditions=of_pods(lambda pod: every(containers(pod), _no_secret_in_environment), _no_secret_in_environment),
    frameworks={"CIS Kubernetes": ("4.4.1",)},
    peers=("CKV_K8S_35", "Kyverno secrets-not-from-env-vars"),
    differs="An external secret store is not asked for: a rehearsal and an existing cluster may have none.",
    good=(
        *every_workload(),
        *in_every_overlay("env", [_PLAIN]),
        Example("deployment", {f"{_CONTAINER}.envFrom": [{"configMapRef": {"name": "a"}}]}),
    ),
    bad=(
        *in_every_container("env", [_PLAIN, _SECRET]),
        *in_every_overlay("env", [_PLAIN, _SECRET]),
        Example(
            "deployment", {f"{_CONTAINER}.envFrom": [{"configMapRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]}
        ),
    ),
    unknown=variants("deployment", (f"{_CONTAINER}.env", UNKNOWN), (f"{_CONTAINER}.envFrom", UNKNOWN)),
)

RULES: Final = (TRUSTED_IMAGES, TOKENLESS, NO_SECRET_IN_ENVIRONMENT)
