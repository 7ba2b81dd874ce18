"""The cluster's DNS as objects."""

from __future__ import annotations

from typing import Any

from rehearsal.cluster import cluster_dns

IMAGE = "registry.k8s.io/coredns/coredns:v1.14.7"


def only(kind: str) -> dict[str, Any]:
    (found,) = [each for each in cluster_dns.manifests(IMAGE) if each["kind"] == kind]
    return found


def container() -> dict[str, Any]:
    (found,) = only("Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def test_it_answers_where_pods_ask() -> None:
    service = only("Service")["spec"]
    assert service["clusterIP"] == cluster_dns.ADDRESS
    assert {(each["port"], each["protocol"]) for each in service["ports"]} == {(53, "UDP"), (53, "TCP")}
    named = {each["name"]: each["containerPort"] for each in container()["ports"]}
    assert {named[each["targetPort"]] for each in service["ports"]} == {5353}


def test_another_address_can_be_chosen() -> None:
    service = cluster_dns.manifests(IMAGE, address="10.97.0.10")[-1]
    assert service["spec"]["clusterIP"] == "10.97.0.10"


def test_it_needs_no_privilege() -> None:
    pod = only("Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert pod["runAsNonRoot"]
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_it_may_only_read_what_names_are_made_of() -> None:
    rules = only("ClusterRole")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"list", "watch"}
    assert {name for rule in rules for name in rule["resources"]} == {
        "services",
        "namespaces",
        "endpointslices",
    }


def test_names_outside_the_cluster_do_not_exist() -> None:
    assert "rcode NXDOMAIN" in only("ConfigMap")["data"]["Corefile"]
    assert "forward" not in only("ConfigMap")["data"]["Corefile"]


def test_every_server_of_the_configuration_listens_on_the_containers_port() -> None:
    corefile = only("ConfigMap")["data"]["Corefile"]
    headers = [line for line in corefile.splitlines() if line.endswith("{") and not line.startswith(" ")]
    assert headers
    assert all(zone.endswith(":5353") for header in headers for zone in header.rstrip(" {").split())
