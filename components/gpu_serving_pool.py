"""Models behind endpoints: KServe, its model servers, and the models that the stack file names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pulumi

from components._versions import IMAGES
from components.buckets.access import TEAMS
from components.kubernetes import chart
from components.kubernetes.objects import KubernetesObject, Webhooks, platform_namespace
from components.serving import model_cache, model_servers
from components.serving.model_account import model_account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_kubernetes.helm.v4 import Chart

    from components.buckets.access import BucketAccess
    from components.capacity import Team
    from components.kubernetes.cluster import Cluster
    from components.specs.gpu_serving_pool import GpuServingPoolSpec, ServedModel

_NAMESPACE: Final = "kserve"


class ModelStore(Protocol):
    """A bucket with models in it."""

    @property
    def bucket(self) -> pulumi.Output[str]:
        """Its name."""

    def models(self, team: str, folders: Sequence[str]) -> BucketAccess:
        """Access of a team's model servers to these folders."""


@dataclass(frozen=True)
class GpuServingPoolArgs:
    """What a GpuServingPool is made from."""

    spec: GpuServingPoolSpec
    """What the stack file says about serving."""
    cluster: Cluster
    """Where it runs. It must answer cert-manager's Certificate: KServe's webhook has its certificate from there."""
    teams: Sequence[Team]
    """The teams that models belong to."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """The namespace of each team, by the team's name."""
    bucket: ModelStore
    """The stack's own bucket, in which models may lie."""
    releases: bool = False
    """Whether models come as releases too: then every team's model servers may read what the team put there."""


class GpuServingPool(pulumi.ComponentResource):
    """Each model answers inside the cluster, from replicas on different nodes of its pool, with its owner, system,
    risk class and digest on record. Nothing is exposed outside: routes are not KServe's to make."""

    endpoints: pulumi.Output[dict[str, str]]
    """Address of each model inside the cluster, by `team/model`."""
    runtimes: pulumi.Output[list[str]]
    """Names of the model servers."""
    keepers: Sequence[pulumi.Resource]
    """What model servers are made and taken away by: whatever has any must be gone before."""

    def __init__(self, name: str, args: GpuServingPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:GpuServingPool", name, None, opts)
        self._name, self._args = name, args
        self._webhooks = Webhooks(name)
        kserve = self._kserve()
        runtimes = [
            self._object(manifest["metadata"]["name"], manifest, kserve)
            for manifest in (model_servers.vllm(), model_servers.mlserver())
        ]
        self.keepers = runtimes
        self.runtimes = pulumi.Output.all(*(runtime.id for runtime in runtimes))
        self.endpoints = self._endpoints(runtimes)
        self.register_outputs({"endpoints": self.endpoints, "runtimes": self.runtimes})

    def _kserve(self) -> Chart:
        cluster = self._args.cluster
        opts = pulumi.ResourceOptions(parent=self, provider=cluster.provider)
        namespace = platform_namespace(f"{self._name}-namespace", _NAMESPACE, opts)
        definitions = chart.definitions(
            f"{self._name}-kserve-definitions", "kserve-crd-minimal", cluster, namespace=namespace, parent=self
        )
        return chart.objects(
            f"{self._name}-kserve",
            "kserve-resources",
            cluster,
            namespace=namespace,
            parent=self,
            values={"kserve": self._values()},
            depends_on=[definitions],
        )

    def _values(self) -> dict[str, Any]:
        sizes = self._args.spec.controllers
        return {
            "controller": {
                **_image("kserve-controller"),
                "imagePullPolicy": "IfNotPresent",
                "resources": sizes.kserve.resources(),
                "rbacProxyImage": IMAGES["kube-rbac-proxy"].reference,
                "rbacProxy": {"resources": sizes.metrics_proxy.resources()},
                # Deployments and Services; no Knative and no service mesh.
                "deploymentMode": "Standard",
                "gateway": {
                    "disableIngressCreation": True,
                    "disableIstioVirtualHost": True,
                    # What an InferenceService shows as its address is then where it answers.
                    "domain": "svc",
                    "domainTemplate": "{{ .Name }}-predictor.{{ .Namespace }}.{{ .IngressDomain }}",
                },
            },
            "storage": _image("kserve-storage-initializer"),
            "agent": _image("kserve-agent"),
            "router": {**_image("kserve-router"), "imagePullPolicy": "IfNotPresent"},
            "security": {"autoMountServiceAccountToken": False},
        }

    def _endpoints(self, runtimes: Sequence[pulumi.Resource]) -> pulumi.Output[dict[str, str]]:
        teams = {team.name: team for team in self._args.teams}
        accounts = {name: self._account(team) for name, team in teams.items()}
        endpoints = {
            f"{model.team}/{model.name}": self._endpoint(model, teams[model.team], [*runtimes, *accounts[model.team]])
            for model in self._args.spec.models
        }
        return pulumi.Output.all(**endpoints)

    def _account(self, team: Team) -> list[pulumi.Resource]:
        """What the team's model servers fetch models as; nothing where none can lie in the stack's own bucket."""
        args = self._args
        folders = [model.folder for model in args.spec.models if model.team == team.name and model.folder]
        if args.releases:
            # Which ones they will be nobody knows yet.
            folders = [f"{TEAMS}{team.name}/"]
        if not folders:
            return []
        namespace, access = args.namespaces[team.name], args.bucket.models(team.name, folders)
        return model_account(f"{self._name}-{team.name}-account", team, namespace, access, args.cluster, self)

    def _endpoint(self, model: ServedModel, team: Team, after: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
        namespace = pulumi.Output.from_input(self._args.namespaces[team.name])
        name = f"{team.name}-{model.name}"
        service = self._object(name, model_servers.endpoint(model, team, namespace, self._args.bucket.bucket), *after)
        if self._args.spec.model_cache == "nodes" and model_cache.is_cached(model):
            self._object(f"{name}-cache", model_cache.daemon_set(model, team, namespace))
        if model.replicas > 1:
            self._object(f"{name}-disruption", model_servers.disruption_budget(model, team, namespace))
        return pulumi.Output.all(namespace, service.id).apply(
            lambda known: f"http://{model.name}-predictor.{known[0]}.svc"
        )

    def _object(self, name: str, manifest: Mapping[str, Any], *depends_on: pulumi.Resource) -> KubernetesObject:
        own = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider, depends_on=list(depends_on))
        opts = pulumi.ResourceOptions.merge(own, self._webhooks.options())
        return KubernetesObject(f"{self._name}-{name}", manifest, opts)


def _image(name: str) -> dict[str, str]:
    return {"image": IMAGES[name].repository, "tag": IMAGES[name].pinned_tag}
