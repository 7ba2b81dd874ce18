"""A team's own room on the cluster: what it may use, whom it may reach, and who may do what in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.namespace import in_namespace
from components.kubernetes.objects import KubernetesObject
from components.team_roles import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.capacity import Capacity
    from components.kubernetes.cluster import Cluster
    from components.specs.capacity import Role, Team
    from components.team_roles import TeamRoles
    from components.training.queues import TeamQueue

Manifest = dict[str, Any]

_RBAC: Final = "rbac.authorization.k8s.io"
_MOST_PODS: Final = 2000
_MOST_CLAIMS: Final = 200
_RESTRICTED: Final = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


@dataclass(frozen=True)
class Peer:
    """A part of the platform that a team's pods talk to, or that talks to them."""

    namespace: str
    ports: tuple[int, ...] = ()
    """TCP ports on the side that is called; none: any port."""


@dataclass(frozen=True)
class Addresses:
    """Something outside of the cluster that a team's pods talk to."""

    cidrs: pulumi.Input[Sequence[str]]
    ports: tuple[int, ...]
    """TCP ports."""


@dataclass(frozen=True)
class TeamWorkspaceArgs:
    """Inputs of a TeamWorkspace."""

    spec: Team
    cluster: Cluster
    capacity: Capacity
    roles: TeamRoles
    queue: TeamQueue
    borrowing: bool = True
    """Whether the team's jobs may use GPUs that others leave idle."""
    egress: tuple[Peer, ...] = ()
    """Platform services that the team's pods call."""
    addresses: tuple[Addresses, ...] = ()
    """Services outside of the cluster that the team's pods call."""
    ingress: tuple[Peer, ...] = ()
    """Parts of the platform that call the team's pods."""


class TeamWorkspace(pulumi.ComponentResource):
    """A namespace in which a team can do its work and no harm.

    Pods meet Pod Security's `restricted` or are refused, use no more than quotas allow, have no API token by
    default, and reach nothing but each other, DNS, the platform's services and the team's egress list. The
    namespace is protected until the team is `leaving`.
    """

    namespace: pulumi.Output[str]
    """The namespace's name."""
    queue: pulumi.Output[str]
    """The team's way to its queue, as `namespace/queue`."""

    def __init__(self, name: str, args: TeamWorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:TeamWorkspace", name, None, opts)
        self._name = name
        self._args = args
        namespace = self._namespace()
        # Children wait for the namespace, which they name by a plain string.
        self._inside = pulumi.ResourceOptions(
            parent=self, provider=args.cluster.provider, depends_on=[namespace], deleted_with=namespace
        )
        self._quota()
        self._container_defaults()
        self._network()
        self._service_account()
        self._roles()
        self.queue = self._entrance()
        # Known before the namespace exists, unlike its id, and yet something that others can wait for.
        self.namespace = namespace.urn.apply(lambda _: args.spec.namespace)
        self.register_outputs({"namespace": self.namespace, "queue": self.queue})

    def _namespace(self) -> KubernetesObject:
        team = self._args.spec
        return KubernetesObject(
            self._name,
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": team.namespace, "labels": {**team.account_labels, **_RESTRICTED}},
            },
            pulumi.ResourceOptions(
                parent=self,
                provider=self._args.cluster.provider,
                depends_on=list(self._args.queue.keepers),
                # The team's volumes go with it.
                protect=self._args.cluster.keep_crds and not team.leaving,
            ),
        )

    def _entrance(self) -> pulumi.Output[str]:
        queue = self._args.queue
        opts = pulumi.ResourceOptions.merge(self._inside, queue.options)
        return KubernetesObject(f"{self._name}-queue", queue.entrance, opts).id

    def _quota(self) -> None:
        team = self._args.spec
        most = self._args.capacity.ceiling(team, borrowing=self._args.borrowing)
        hard = {
            "requests.cpu": str(team.cpus + most.cpus),
            "requests.memory": f"{team.memory_gib + most.memory_gib}Gi",
            **self._accelerators(),
            "requests.storage": f"{team.storage_gib}Gi",
            "persistentvolumeclaims": str(_MOST_CLAIMS),
            "pods": str(_MOST_PODS),
            # Nothing is exposed past the platform.
            "services.loadbalancers": "0",
            "services.nodeports": "0",
        }
        self._object("quota", "v1", "ResourceQuota", "workspace", {"spec": {"hard": hard}})

    def _accelerators(self) -> Manifest:
        args = self._args
        most = args.capacity.accelerators(args.spec, borrowing=args.borrowing)
        # Requests of devices that a node offers are counted as such, claims under their own name.
        return {name if "deviceclass" in name else f"requests.{name}": str(count) for name, count in most.items()}

    def _container_defaults(self) -> None:
        defaults = {
            "type": "Container",
            "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
            "default": {"cpu": "1", "memory": "1Gi"},
        }
        self._object("limits", "v1", "LimitRange", "workspace", {"spec": {"limits": [defaults]}})

    def _network(self) -> None:
        """One policy for all pods: what it does not list is refused, in both directions."""
        args = self._args
        neighbours: Manifest = {"podSelector": {}}
        ingress = [_rule("from", neighbours)]
        ingress += [_rule("from", in_namespace(peer.namespace), peer.ports) for peer in args.ingress]
        chosen = [_rule("to", _block(place.cidr), place.ports) for place in args.spec.egress]
        spec = {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": [_rule("to", neighbours), *ways_out(args.egress, args.addresses), *chosen],
        }
        self._object("network", "networking.k8s.io/v1", "NetworkPolicy", "workspace", {"spec": spec})

    def _service_account(self) -> None:
        """The account of pods that name none. The cluster makes it too: server-side apply takes it over."""
        self._object("account", "v1", "ServiceAccount", "default", {"automountServiceAccountToken": False})

    def _roles(self) -> None:
        team, roles = self._args.spec, self._args.roles
        bindings: tuple[tuple[Role, str, str | None], ...] = (
            ("data-scientist", roles.data_scientist, team.groups.data_scientists),
            ("engineer", roles.engineer, team.groups.engineers),
            ("governance", roles.governance, team.groups.governance),
        )
        for role, bound, group in bindings:
            subjects = [{"apiGroup": _RBAC, "kind": "Group", "name": group}] if group else []
            if role in team.accounts:
                subjects.append(self._account(role))
            if subjects:
                reference = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": bound}
                content = {"roleRef": reference, "subjects": subjects}
                self._object(role, f"{_RBAC}/v1", "RoleBinding", bound, content)

    def _account(self, role: Role) -> Manifest:
        """The account that stands for the role in this team, for who has no other way in."""
        team = self._args.spec
        name = account(team.name, role)
        manifest = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": self._args.roles.accounts, "labels": team.labels},
            "automountServiceAccountToken": False,
        }
        opts = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider)
        KubernetesObject(f"{self._name}-account-{role}", manifest, opts)
        return {"kind": "ServiceAccount", "name": name, "namespace": ACCOUNTS}

    def _object(self, suffix: str, api_version: str, kind: str, object_name: str, content: Manifest) -> None:
        team = self._args.spec
        metadata = {"name": object_name, "namespace": team.namespace, "labels": team.labels}
        manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata} | content
        KubernetesObject(f"{self._name}-{suffix}", manifest, self._inside)


def account(team: str, role: Role) -> str:
    """The name of the account, in namespace `mlplatform-accounts`, that has the role in the team's namespace."""
    return f"{team}-{role}"


def ways_out(peers: Sequence[Peer], addresses: Sequence[Addresses]) -> list[pulumi.Input[Manifest]]:
    """Egress rules of a network policy: names of hosts are found, and these are reached."""
    dns = {**in_namespace("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    inside = [_rule("to", in_namespace(peer.namespace), peer.ports) for peer in peers]
    outside = [pulumi.Output.from_input(each.cidrs).apply(partial(_to_all, each.ports)) for each in addresses]
    return [_rule("to", dns, (53,), ("UDP", "TCP")), *inside, *outside]


def _to_all(ports: tuple[int, ...], cidrs: Sequence[str]) -> Manifest:
    """Traffic to any of the address ranges is allowed on those ports."""
    allowed = [{"protocol": "TCP", "port": port} for port in ports]
    return {"to": [_block(cidr) for cidr in cidrs], "ports": allowed}


def _block(cidr: str) -> Manifest:
    return {"ipBlock": {"cidr": cidr}}


def _rule(side: str, peer: Manifest, ports: tuple[int, ...] = (), protocols: tuple[str, ...] = ("TCP",)) -> Manifest:
    """Traffic from or to a peer is allowed on those ports; without any, on all of them."""
    allowed = [{"protocol": protocol, "port": port} for protocol in protocols for port in ports]
    return {side: [peer], "ports": allowed} if allowed else {side: [peer]}
