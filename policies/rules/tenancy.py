"""What keeps tenants apart from each other, from the platform and from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, parameter, resource
from policies.rule import Default, Example, Level, OnUnknown, Rule, Scope

if TYPE_CHECKING:
    from policies.language import Condition

_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
_ENFORCE_PATH: Final = f'metadata.labels["{_ENFORCE}"]'
_name: Final = resource["metadata.name"]
_enforced: Final = resource["metadata.labels"].key(_ENFORCE)

POD_SECURITY = Rule(
    id="K8S-01",
    title="Namespaces enforce Pod Security: restricted, for platform namespaces what their workloads were granted",
    why="It is the API server's own last word on every pod, whoever makes it; without the label it says nothing.",
    fix=f"label the namespace {_ENFORCE}: restricted; a platform namespace that cannot is listed in "
    "policies/parameters.py",
    level=Level.REMEDIATE,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        "core/Namespace": any_of(
            _enforced.equals("restricted"),
            _enforced.equals("baseline") & _name.is_one_of(parameter("baseline_namespaces")),
            _enforced.equals("privileged") & _name.is_one_of(parameter("privileged_namespaces")),
        )
    },
    defaults={"core/Namespace": (Default("", _ENFORCE_PATH, "restricted"),)},
    frameworks={"PSS": ("restricted",), "CIS Kubernetes": ("4.2",)},
    peers=("Kyverno psa", "Kyverno psa-mpol"),
    good=(
        Example("namespace"),
        Example("namespace", {"metadata.name": "monitoring", _ENFORCE_PATH: "privileged"}),
        Example("namespace", {"metadata.name": "ingress", _ENFORCE_PATH: "baseline"}),
    ),
    bad=(
        Example("namespace", {_ENFORCE_PATH: ABSENT}),
        Example("namespace", {"metadata.labels": ABSENT}),
        Example("namespace", {_ENFORCE_PATH: "baseline"}),
        Example("namespace", {_ENFORCE_PATH: "privileged"}),
        Example("namespace", {"metadata.name": "monitoring", _ENFORCE_PATH: "baseline"}),
        Example("namespace", {"metadata.name": "ingress", _ENFORCE_PATH: "privileged"}),
        Example("namespace", {"metadata.name": "monitoring", _ENFORCE_PATH: ABSENT}),
    ),
    unknown=(
        Example("namespace", {_ENFORCE_PATH: UNKNOWN}),
        Example("namespace", {"metadata.name": UNKNOWN, _ENFORCE_PATH: "privileged"}),
    ),
)


def _denies_by_default(policy: Value) -> Condition:
    return all_of(
        policy["spec.podSelector"].exists(),
        ~policy["spec.podSelector.matchLabels"].is_filled(),
        ~policy["spec.podSelector.matchExpressions"].is_filled(),
        policy["spec.policyTypes"].contains("Ingress"),
        policy["spec.policyTypes"].contains("Egress"),
    )


def _lists_peers(policy: Value) -> Condition:
    """A rule without peers is open to the whole world, so a policy that has one denies nothing."""
    return all_of(
        policy["spec.ingress"].every(lambda rule: rule["from"].is_filled()),
        policy["spec.egress"].every(lambda rule: rule["to"].is_filled()),
    )


_NETWORK_POLICY: Final = "networking.k8s.io/NetworkPolicy"
_policies: Final = resource.named_in(_NETWORK_POLICY, "metadata.namespace", by=("metadata.name",))

CLOSED_NETWORK = Rule(
    id="K8S-10",
    title="Every tenant namespace denies traffic by default and lists what may pass",
    why="Without a policy every pod of the cluster can reach every other one, and a stolen model or dataset can be "
    "sent anywhere.",
    fix="add a NetworkPolicy with an empty podSelector and policyTypes [Ingress, Egress] to the namespace, and name "
    "the peers of every rule (to, from)",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    scope=Scope.TENANTS,
    related=(_NETWORK_POLICY,),
    conditions={
        "core/Namespace": _policies.some(lambda policy: _denies_by_default(policy))
        & _policies.every(lambda policy: _lists_peers(policy))
    },
    frameworks={"CIS Kubernetes": ("4.3.2",), "EU AI Act": ("15",)},
    peers=("CKV2_K8S_6", "Kyverno add-networkpolicy"),
    good=(
        Example("namespace", beside=(Example("network policy"),)),
        Example("namespace", beside=(Example("network policy", {"spec.egress": ABSENT}),)),
        Example(
            "namespace",
            beside=(Example("network policy", {"spec.podSelector": {"matchLabels": {}, "matchExpressions": []}}),),
        ),
        Example("namespace", {"metadata.name": "monitoring"}),
        Example(
            "namespace",
            beside=(
                Example("network policy"),
                Example("network policy", {"metadata.namespace": "monitoring", "spec.ingress": [{}]}),
            ),
        ),
    ),
    bad=(
        Example("namespace"),
        Example("namespace", beside=(Example("network policy", {"metadata.namespace": "team-audio"}),)),
        Example("namespace", beside=(Example("network policy", {"spec.policyTypes": ["Ingress"]}),)),
        Example("namespace", beside=(Example("network policy", {"spec.policyTypes": ["Egress"]}),)),
        Example("namespace", beside=(Example("network policy", {"spec.podSelector.matchLabels": {"app": "a"}}),)),
        Example(
            "namespace",
            beside=(
                Example(
                    "network policy", {"spec.podSelector.matchExpressions": [{"key": "app", "operator": "Exists"}]}
                ),
            ),
        ),
        Example("namespace", beside=(Example("network policy", {"spec.podSelector": ABSENT}),)),
        Example("namespace", beside=(Example("network policy", {"spec.ingress[0].from": []}),)),
        Example("namespace", beside=(Example("network policy", {"spec.ingress[1]": {}}),)),
        Example("namespace", beside=(Example("network policy", {"spec.egress": [{"to": []}]}),)),
        Example("namespace", beside=(Example("network policy"), Example("network policy", {"spec.egress": [{}]}))),
    ),
    unknown=(
        Example("namespace", {"metadata.name": UNKNOWN}, beside=(Example("network policy"),)),
        Example("namespace", beside=(Example("network policy", {"metadata.namespace": UNKNOWN}),)),
        Example("namespace", beside=(Example("network policy", {"spec.egress": UNKNOWN}),)),
    ),
)

_service: Final = resource["spec"]
_INTERNAL: Final = "service.beta.kubernetes.io/aws-load-balancer-internal"
_INTERNAL_PATH: Final = f'metadata.annotations["{_INTERNAL}"]'
_BALANCED: Final = {
    "metadata.namespace": "model-gateway",
    "spec.type": "LoadBalancer",
    "spec.loadBalancerSourceRanges": ["10.0.0.0/8"],
    _INTERNAL_PATH: "true",
}
_is_the_platforms_internal_load_balancer: Final = all_of(
    _service["type"].equals("LoadBalancer"),
    resource["metadata.namespace"].is_one_of(parameter("load_balancer_namespaces")),
    resource["metadata.annotations"].key(_INTERNAL).equals("true"),
    _service["loadBalancerSourceRanges"].is_filled(),
)

PRIVATE_SERVICES = Rule(
    id="K8S-13",
    title="Services stay inside the cluster",
    why="A load balancer or a node port puts a model or a database on a network where nobody decided who may ask.",
    fix="use type ClusterIP behind the platform's gateway; a Service that must be public is approved by an entry in "
    "policies/parameters.py",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        "core/Service": all_of(
            any_of(~_service["type"].is_one_of(("LoadBalancer", "NodePort")), _is_the_platforms_internal_load_balancer),
            ~_service["externalIPs"].is_filled(),
        )
    },
    frameworks={"EU AI Act": ("15",)},
    peers=("Gatekeeper block-nodeport-services", "Gatekeeper block-loadbalancer-services"),
    good=(
        Example("service"),
        Example("service", {"spec.type": ABSENT}),
        Example("service", {"spec.externalIPs": []}),
        Example("service", {"spec.type": "ExternalName", "spec.externalName": "db.example.com"}),
        Example("service", _BALANCED),
    ),
    bad=(
        Example("service", {**_BALANCED, "metadata.namespace": "team-vision"}),
        Example("service", {**_BALANCED, "metadata.namespace": "monitoring"}),
        Example("service", {**_BALANCED, "spec.type": "NodePort"}),
        Example("service", {**_BALANCED, _INTERNAL_PATH: "false"}),
        Example("service", {**_BALANCED, _INTERNAL_PATH: ABSENT}),
        Example("service", {**_BALANCED, "spec.loadBalancerSourceRanges": []}),
        Example("service", {**_BALANCED, "spec.loadBalancerSourceRanges": ABSENT}),
        Example("service", {**_BALANCED, "spec.externalIPs": ["198.51.100.7"]}),
        Example("service", {"spec.type": "LoadBalancer"}),
        Example("service", {"spec.type": "NodePort"}),
        Example("service", {"spec.externalIPs": ["198.51.100.7"]}),
    ),
    unknown=(
        Example("service", {"spec.type": UNKNOWN}),
        Example("service", {"spec.externalIPs": UNKNOWN}),
        Example("service", {**_BALANCED, "metadata.namespace": UNKNOWN}),
        Example("service", {**_BALANCED, _INTERNAL_PATH: UNKNOWN}),
    ),
)

RULES: Final = (POD_SECURITY, CLOSED_NETWORK, PRIVATE_SERVICES)
