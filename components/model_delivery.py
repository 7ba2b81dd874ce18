"""Releases: models reach their users through gates, somebody's approval and a canary, or go back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.aws.identity import pod_identity
from components.aws.place import place_of
from components.delivery import controller, rights
from components.delivery.definitions import model_approvals, model_releases
from components.kubernetes.namespace import PlatformNamespace, in_namespace
from components.kubernetes.objects import KubernetesObject
from components.kubernetes.workload import deployment
from components.team_workspace import ways_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.artifact_bucket import WayThere
    from components.buckets.access import BucketAccess
    from components.kubernetes.cluster import Cluster
    from components.kubernetes.workload import Pod
    from components.specs.model_delivery import ModelDeliverySpec

NAMESPACE: Final = "model-delivery"
JUDGES: Final = "model-judges"
"""Where gates are judged: no team can write there, so none writes its own verdict."""


@dataclass(frozen=True)
class ModelDeliveryArgs:
    """Inputs of a ModelDelivery."""

    spec: ModelDeliverySpec
    """What the stack file says about releases."""
    cluster: Cluster
    """Where it runs."""
    bucket: BucketAccess
    """The judges' access to the artifact bucket."""
    way_to_bucket: WayThere
    """What the judges must be let through to, to reach it."""
    metrics_url: str
    """Address of Prometheus, which knows how a canary does."""
    servers: Sequence[pulumi.Resource]
    """What makes model servers, and takes them away again."""


class ModelDelivery(pulumi.ComponentResource):
    """The kinds ModelRelease and ModelApproval, and the controller that acts on them with the rights of its account.

    On destroy the controller goes first, then the definitions and with them every release, then what takes away the
    model servers that those releases had. None of them has a finalizer, so nothing waits for who is gone. On a cluster
    whose definitions are kept, releases and their servers stay as they are.
    """

    domain: pulumi.Output[str]
    """A model answers as `<model>.<namespace>.<domain>`."""
    controller: pulumi.Output[str]
    """The controller's Deployment, as `namespace/name`."""

    def __init__(self, name: str, args: ModelDeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ModelDelivery", name, None, opts)
        self._name, self._args = name, args
        definitions = [self._definition(each) for each in (model_releases(), model_approvals())]
        judges, identities = self._judges()
        self._namespace = PlatformNamespace(NAMESPACE, self, args.cluster, prefix=name)
        self._namespace.account(rights.ACCOUNT)
        allowed = self._rights(judges)
        written = controller.settings(args.spec, args.metrics_url, JUDGES, self._judge(judges))
        files = self._namespace.late_config("settings", {"settings.json": written})
        self._namespace.allow(rights.ACCOUNT, [controller.METRICS_PORT], [in_namespace("monitoring")])
        body = {"spec": deployment(controller.controller_pod(args.spec, files), 1)}
        started = self._namespace.add(
            rights.ACCOUNT, "apps/v1", "Deployment", body, depends_on=[*definitions, *allowed, *identities]
        )
        self.controller = started.id
        # Known once releases are acted on.
        self.domain = started.urn.apply(lambda _: args.spec.domain)
        self.register_outputs({"domain": self.domain, "controller": self.controller})

    def _definition(self, manifest: Mapping[str, Any]) -> KubernetesObject:
        cluster = self._args.cluster
        opts = pulumi.ResourceOptions(
            parent=self,
            provider=cluster.provider,
            depends_on=list(self._args.servers),
            retain_on_delete=cluster.keep_crds,
        )
        return KubernetesObject(f"{self._name}-{manifest['spec']['names']['plural']}", manifest, opts)

    def _judges(self) -> tuple[PlatformNamespace, list[pulumi.Resource]]:
        """Their namespace, and what gives them their role where the bucket knows no keys."""
        args = self._args
        namespace = PlatformNamespace(JUDGES, self, args.cluster, prefix=f"{self._name}-judges")
        namespace.account(controller.JUDGE)
        namespace.allow_all_only_to(ways_out(args.way_to_bucket.peers, args.way_to_bucket.addresses))
        if args.bucket.key is not None:
            return namespace, []
        identity = pod_identity(
            f"{self._name}-{controller.JUDGE}",
            place_of(args.cluster.aws, "artifact_bucket"),
            namespace=JUDGES,
            service_account=controller.JUDGE,
            statements=args.bucket.rights,
            description="Judges of releases: what teams put into the artifact bucket, for reading",
            parent=self,
        )
        return namespace, [identity]

    def _judge(self, namespace: PlatformNamespace) -> Pod:
        bucket = self._args.bucket
        key = None if bucket.key is None else namespace.secret("bucket", {"credentials": bucket.key.file()})
        return controller.judge_pod(self._args.spec, bucket, key)

    def _rights(self, judges: PlatformNamespace) -> list[KubernetesObject]:
        everywhere, among = rights.everywhere(), rights.among_jobs(JUDGES)
        return [
            self._namespace.elsewhere("role", everywhere),
            self._namespace.elsewhere("binding", rights.bound(everywhere, NAMESPACE)),
            self._among_judges(judges, among),
            self._among_judges(judges, rights.bound(among, NAMESPACE)),
        ]

    @staticmethod
    def _among_judges(namespace: PlatformNamespace, manifest: Mapping[str, Any]) -> KubernetesObject:
        content = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
        return namespace.add(manifest["metadata"]["name"], manifest["apiVersion"], manifest["kind"], content)
