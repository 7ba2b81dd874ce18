"""Training jobs on shared GPUs: queues, gangs, priorities and the runtimes that jobs start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components._versions import IMAGES
from components.capacity import gpu_division
from components.kubernetes import chart
from components.kubernetes.objects import KubernetesObject, Webhooks, platform_namespace
from components.training import queues, ray, runtimes, topology

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_kubernetes.helm.v4 import Chart

    from components.capacity import Capacity
    from components.kubernetes.cluster import Cluster
    from components.specs.training_cluster import TrainingClusterSpec

_KUEUE: Final = "kueue-system"
_JOBSET: Final = "jobset-system"
_TRAINER: Final = "kubeflow-system"


@dataclass(frozen=True)
class TrainingClusterArgs:
    """What a TrainingCluster is made from."""

    spec: TrainingClusterSpec
    """What the stack file says about training."""
    cluster: Cluster
    """Where it runs."""
    capacity: Capacity
    """Pools and teams; queues and quotas follow from them."""


class TrainingCluster(pulumi.ComponentResource):
    """Every team submits to its own queue and gets its own GPUs whenever it asks for them; what it leaves
    idle, others use. A job runs with all its pods or with none."""

    team_queues: dict[str, queues.TeamQueue]
    """The queue of each team by the team's name. It is of use once the team's namespace has its entrance; the namespace
    must carry the label `mlplatform.dev/team`."""
    runtimes: pulumi.Output[list[str]]
    """Names of the runtimes that a TrainJob can start from."""
    priorities: pulumi.Output[list[str]]
    """Names of the priority classes of training jobs, lowest first."""

    def __init__(self, name: str, args: TrainingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:TrainingCluster", name, None, opts)
        self._name, self._args = name, args
        self._webhooks = Webhooks(name)
        namespaces = {each: self._namespace(each) for each in (_KUEUE, _JOBSET, _TRAINER)}
        definitions = self._definitions(namespaces)
        ray_kinds = self._ray_kinds()
        kueue = self._kueue(namespaces[_KUEUE], [*definitions, *ray_kinds])
        jobset = self._jobset(namespaces[_JOBSET], definitions)
        trainer = self._trainer(namespaces[_TRAINER], definitions)
        self.priorities = self._priorities(kueue)
        runtime = self._object("runtime-torch", self._torch(), trainer)
        self.runtimes = pulumi.Output.all(runtime.id)
        self.team_queues = self._queues(kueue, (jobset, runtime, *self._ray(ray_kinds)))
        self._divide_gpus()
        self.register_outputs({"runtimes": self.runtimes, "priorities": self.priorities})

    def _definitions(self, namespaces: Mapping[str, pulumi.Output[str]]) -> list[Chart]:
        """All definitions come before any controller: Kueue looks for a kind of job once, when it starts."""
        charts = {"kueue": _KUEUE, "jobset": _JOBSET, "kubeflow-trainer": _TRAINER}
        return [
            chart.definitions(
                f"{self._name}-{name}-definitions",
                name,
                self._args.cluster,
                namespace=namespaces[namespace],
                parent=self,
                values=_WITHOUT_DEPENDENCIES if name == "kubeflow-trainer" else None,
            )
            for name, namespace in charts.items()
        ]

    def _kueue(self, namespace: pulumi.Output[str], definitions: Sequence[pulumi.Resource]) -> Chart:
        image, size = IMAGES["kueue"], self._args.spec.controllers.kueue
        manager = {
            "image": {"repository": image.repository, "tag": image.pinned_tag, "pullPolicy": "IfNotPresent"},
            "resources": size.resources(),
        }
        values = {
            "controllerManager": {
                "featureGates": queues.feature_gates(self._args.capacity),
                "manager": manager,
                "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 2},
            },
            "managerConfig": {
                "controllerManagerConfigYaml": queues.configuration(self._args.spec, self._args.capacity)
            },
        }
        return self._controller("kueue", namespace, definitions, values)

    def _jobset(self, namespace: pulumi.Output[str], definitions: list[Chart]) -> Chart:
        image, size = IMAGES["jobset"], self._args.spec.controllers.jobset
        values = {
            "image": {"repository": image.repository, "tag": image.pinned_tag, "pullPolicy": "IfNotPresent"},
            "controller": {"resources": size.resources()},
        }
        return self._controller("jobset", namespace, definitions, values)

    def _trainer(self, namespace: pulumi.Output[str], definitions: list[Chart]) -> Chart:
        image, size = IMAGES["kubeflow-trainer"], self._args.spec.controllers.trainer
        registry, repository = image.repository.split("/", 1)
        values = {
            **_WITHOUT_DEPENDENCIES,
            "image": {
                "registry": registry,
                "repository": repository,
                "tag": image.pinned_tag,
                "pullPolicy": "IfNotPresent",
            },
            "manager": {"resources": size.resources()},
        }
        return self._controller("kubeflow-trainer", namespace, definitions, values)

    def _ray_kinds(self) -> list[KubernetesObject]:
        if self._args.spec.ray is None:
            return []
        return ray.install_definitions(f"{self._name}-ray", self._args.cluster, self)

    def _ray(self, kinds: list[KubernetesObject]) -> list[KubernetesObject]:
        """Ray's operator, where it is wanted."""
        if self._args.spec.ray is None:
            return []
        return [ray.install(f"{self._name}-ray", self._args.spec.ray, self._args.cluster, self, kinds)]

    def _controller(
        self,
        name: str,
        namespace: pulumi.Output[str],
        definitions: Sequence[pulumi.Resource],
        values: dict[str, Any],
    ) -> Chart:
        return chart.objects(
            f"{self._name}-{name}",
            name,
            self._args.cluster,
            namespace=namespace,
            parent=self,
            values=values,
            depends_on=definitions,
        )

    def _priorities(self, kueue: Chart) -> pulumi.Output[list[str]]:
        lowest_first = sorted(self._args.spec.priorities.items(), key=lambda each: each[1])
        names: list[pulumi.Input[str]] = []
        for level, value in lowest_first:
            name = f"training-{level}"
            for_pods = self._object(f"pod-priority-{level}", queues.pod_priority(name, value))
            self._object(f"priority-{level}", queues.workload_priority(name, value), kueue)
            names.append(for_pods.id)
        return pulumi.Output.all(*names)

    def _queues(self, kueue: Chart, keepers: tuple[pulumi.Resource, ...]) -> dict[str, queues.TeamQueue]:
        spec, capacity = self._args.spec, self._args.capacity
        levels = [
            self._object(f"topology-{name}", manifest, kueue)
            for name, manifest in topology.topologies(capacity).items()
        ]
        flavors = [
            self._object(f"flavor-{name}", manifest, kueue, *levels)
            for name, manifest in queues.flavors(capacity).items()
        ]
        cohort = self._object("cohort", queues.cohort(), kueue)
        by_team: dict[str, queues.TeamQueue] = {}
        for team in capacity.teams:
            shared = queues.cluster_queue(capacity, team, borrowing=spec.borrowing)
            cluster_queue = self._object(f"queue-{team.name}", shared, kueue, cohort, *flavors)
            entrance = queues.local_queue(team, spec.queue)
            by_team[team.name] = queues.TeamQueue(entrance, self._webhooks.options(), (cluster_queue, *keepers))
        return by_team

    def _divide_gpus(self) -> None:
        if divided := gpu_division.config_map(self._args.capacity, self._args.spec.gpu_operator_namespace):
            self._object("gpu-sharing", divided)

    def _torch(self) -> dict[str, Any]:
        return runtimes.torch(self._args.spec.default_size, checkpoints=self._args.spec.checkpoints)

    def _object(self, name: str, manifest: Mapping[str, Any], *depends_on: pulumi.Resource) -> KubernetesObject:
        own = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider, depends_on=list(depends_on))
        opts = pulumi.ResourceOptions.merge(own, self._webhooks.options())
        return KubernetesObject(f"{self._name}-{name}", manifest, opts)

    def _namespace(self, namespace: str) -> pulumi.Output[str]:
        opts = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider)
        return platform_namespace(f"{self._name}-{namespace}-namespace", namespace, opts)


# JobSet comes from its own chart, of a newer version; the data cache's LeaderWorkerSet is not used.
_WITHOUT_DEPENDENCIES: Final[Mapping[str, Any]] = {
    "jobset": {"install": False},
    "dataCache": {"enabled": False},
}
