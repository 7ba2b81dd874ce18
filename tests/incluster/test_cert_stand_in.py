"""The stand-in for cert-manager: what it does about the objects that it sees."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.cluster.cert_stand_in._issuing import issue
from rehearsal.cluster.cert_stand_in._reconciler import Reconciler
from rehearsal.cluster.cert_stand_in._secrets import ISSUED_FOR
from rehearsal.cluster.cert_stand_in._world import DEFINITIONS, WEBHOOKS, World
from rehearsal.kube import KubeError
from tests.incluster.recorded import RecordedKube

Json = dict[str, Any]
ISSUER = ("kserve", "selfsigned-issuer")
CERTIFICATE = ("kserve", "serving-cert")
SECRET = ("kserve", "webhook-cert")
MUTATING, VALIDATING = WEBHOOKS


def issuer(**spec: Any) -> Json:
    return {"metadata": {"namespace": "kserve", "name": ISSUER[1], "uid": "i"}, "spec": spec}


def certificate(**more: Any) -> Json:
    spec = {
        "secretName": SECRET[1],
        "issuerRef": {"name": ISSUER[1]},
        "dnsNames": ["webhook.kserve.svc"],
        "privateKey": {"algorithm": "ECDSA"},
        **more,
    }
    metadata = {"namespace": "kserve", "name": CERTIFICATE[1], "uid": "c", "generation": 1}
    return {"metadata": metadata, "spec": spec}


def webhooks(version: str = "1", source: str = "kserve/serving-cert") -> Json:
    annotations = {"cert-manager.io/inject-ca-from": source}
    metadata = {"name": "kserve", "uid": "w", "resourceVersion": version, "annotations": annotations}
    return {"metadata": metadata, "webhooks": [{"name": "a"}, {"name": "b"}]}


def world(**more: Any) -> World:
    empty = World(issuers={ISSUER: issuer(selfSigned={})}, certificates={}, secrets={}, targets={})
    return replace(empty, **more)


def applied(kube: RecordedKube, kind: str) -> list[Json]:
    return [each for each in kube.applied if each["kind"] == kind]


def ready(item: Json) -> tuple[str, str]:
    (condition,) = item["status"]["conditions"]
    assert condition["type"] == "Ready"
    return condition["status"], condition["reason"]


def recorded() -> RecordedKube:
    client = RecordedKube()
    for name in (CERTIFICATE[1], "other"):
        client.has(f"/apis/cert-manager.io/v1/namespaces/kserve/certificates/{name}", certificate())
    return client


@pytest.fixture
def kube() -> RecordedKube:
    return recorded()


def answered(kube: RecordedKube, seen: World) -> Json:
    assert Reconciler(kube).reconcile(seen) == []
    (secret,) = applied(kube, "Secret")
    return secret


def test_a_certificate_gets_its_secret_and_becomes_ready(kube: RecordedKube) -> None:
    secret = answered(kube, world(certificates={CERTIFICATE: certificate()}))
    assert (secret["metadata"]["namespace"], secret["metadata"]["name"]) == SECRET
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["data"].keys() == {"tls.crt", "tls.key", "ca.crt"}
    (told,) = applied(kube, "Certificate")
    assert ready(told) == ("True", "Ready")
    assert ready(applied(kube, "Issuer")[0]) == ("True", "IsReady")


def test_the_secret_goes_with_the_certificate(kube: RecordedKube) -> None:
    (owner,) = answered(kube, world(certificates={CERTIFICATE: certificate()}))["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Certificate", "c")


def test_a_secret_that_answers_is_kept(kube: RecordedKube) -> None:
    asked = {CERTIFICATE: certificate()}
    secret = answered(kube, world(certificates=asked))
    Reconciler(kube).reconcile(world(certificates=asked, secrets={SECRET: secret}))
    assert len(applied(kube, "Secret")) == 1


def test_a_secret_that_the_world_does_not_show_yet_is_kept(kube: RecordedKube) -> None:
    asked = {CERTIFICATE: certificate()}
    kube.has("/api/v1/namespaces/kserve/secrets/webhook-cert", answered(kube, world(certificates=asked)))
    Reconciler(kube).reconcile(world(certificates=asked))
    assert len(applied(kube, "Secret")) == 1


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"dnsNames": ["other.kserve.svc"]}, id="another name"),
        pytest.param({"duration": "1h", "renewBefore": "2h"}, id="due for renewal"),
    ],
)
def test_a_changed_or_ending_certificate_is_issued_anew(kube: RecordedKube, changed: Json) -> None:
    secret = answered(kube, world(certificates={CERTIFICATE: certificate()}))
    asked = certificate(**changed)
    fresh = recorded()
    Reconciler(fresh).reconcile(world(certificates={CERTIFICATE: asked}, secrets={SECRET: secret}))
    (reissued,) = applied(fresh, "Secret")
    again = recorded()
    Reconciler(again).reconcile(world(certificates={CERTIFICATE: asked}, secrets={SECRET: reissued}))
    assert len(applied(again, "Secret")) == ("renewBefore" in changed)


def test_a_status_that_is_as_it_should_be_is_left_alone(kube: RecordedKube) -> None:
    Reconciler(kube).reconcile(world())
    (told,) = kube.applied
    same = issuer(selfSigned={}) | {"status": told["status"]}
    Reconciler(kube).reconcile(world(issuers={ISSUER: same}))
    assert len(kube.applied) == 1


def test_an_issuer_with_an_authority_signs_with_it(kube: RecordedKube) -> None:
    root = issue({"commonName": "root", "isCA": True, "privateKey": {"algorithm": "ECDSA"}})
    data = {"tls.crt": base64.b64encode(root.certificate).decode(), "tls.key": base64.b64encode(root.key)}
    seen = world(
        issuers={ISSUER: issuer(ca={"secretName": "root"})},
        certificates={CERTIFICATE: certificate()},
        secrets={("kserve", "root"): {"metadata": {}, "data": data}},
    )
    assert answered(kube, seen)["data"]["ca.crt"] == data["tls.crt"]


@pytest.mark.parametrize(
    ("spec", "reason"), [({"acme": {}}, "NotAnswered"), ({"ca": {"secretName": "x"}}, "SecretMissing")]
)
def test_an_issuer_that_cannot_sign_says_why(kube: RecordedKube, spec: Json, reason: str) -> None:
    Reconciler(kube).reconcile(world(issuers={ISSUER: issuer(**spec)}, certificates={CERTIFICATE: certificate()}))
    assert [ready(each) for each in kube.applied] == [("False", reason)] * 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"keystores": {"jks": {}}}, "NotAnswered"),
        ({"issuerRef": {"name": "x", "kind": "ClusterIssuer"}}, "NotAnswered"),
        ({"issuerRef": {"name": "absent"}}, "IssuerMissing"),
    ],
)
def test_a_certificate_that_cannot_be_answered_says_why(kube: RecordedKube, more: Json, reason: str) -> None:
    Reconciler(kube).reconcile(world(certificates={CERTIFICATE: certificate(**more)}))
    assert ready(applied(kube, "Certificate")[0]) == ("False", reason)
    assert applied(kube, "Secret") == []


@pytest.mark.parametrize("kind", WEBHOOKS)
def test_every_webhook_of_an_annotated_configuration_gets_the_authority(kube: RecordedKube, kind: Any) -> None:
    secret = answered(kube, world(certificates={CERTIFICATE: certificate()}, targets={kind: [webhooks()]}))
    (injected,) = applied(kube, kind.kind)
    client = {"clientConfig": {"caBundle": secret["data"]["ca.crt"]}}
    assert injected["webhooks"] == [{"name": "a", **client}, {"name": "b", **client}]
    assert injected["metadata"] == {"name": "kserve", "uid": "w"}


def test_an_authority_is_injected_once_and_again_when_the_object_changes(kube: RecordedKube) -> None:
    secret = answered(kube, world(certificates={CERTIFICATE: certificate()}))
    reconciler = Reconciler(kube)

    def injections(version: str) -> int:
        seen = world(
            certificates={CERTIFICATE: certificate()},
            secrets={SECRET: secret},
            targets={MUTATING: [webhooks(version)]},
        )
        assert reconciler.reconcile(seen) == []
        return len(applied(kube, MUTATING.kind))

    assert injections("1") == 1
    injected = str(len(kube.applied))  # the version that the recorded client gave to what it applied last
    assert injections(injected) == 1
    assert injections("99") == 2


def test_nothing_is_injected_from_a_certificate_that_is_not_there(kube: RecordedKube) -> None:
    Reconciler(kube).reconcile(world(targets={VALIDATING: [webhooks(source="kserve/absent")]}))
    assert applied(kube, VALIDATING.kind) == []


@pytest.mark.parametrize(("conversion", "count"), [({"strategy": "Webhook", "webhook": {}}, 1), ({}, 0)])
def test_a_definition_is_injected_only_if_it_converts(kube: RecordedKube, conversion: Json, count: int) -> None:
    target = {"metadata": webhooks()["metadata"]}
    kube.has(f"{DEFINITIONS.collection.path}/kserve", {"spec": {"conversion": conversion}})
    Reconciler(kube).reconcile(world(certificates={CERTIFICATE: certificate()}, targets={DEFINITIONS: [target]}))
    assert len(applied(kube, DEFINITIONS.kind)) == count


def test_what_is_refused_is_told_and_does_not_stop_the_rest(kube: RecordedKube) -> None:
    kube.refuses[SECRET[1]] = KubeError(403, "Forbidden", "namespace is being terminated")
    other = certificate(secretName="other")
    other["metadata"]["name"] = "other"
    seen = world(certificates={CERTIFICATE: certificate(), ("kserve", "other"): other})
    failures = Reconciler(kube).reconcile(seen)
    assert failures == ["Certificate kserve/serving-cert: namespace is being terminated"]
    assert [each["metadata"]["name"] for each in applied(kube, "Secret")] == ["other"]


@pytest.mark.parametrize(("code", "reason"), [(404, "NotFound"), (409, "Conflict")])
def test_an_object_that_has_gone_meanwhile_is_no_failure(kube: RecordedKube, code: int, reason: str) -> None:
    kube.refuses[ISSUER[1]] = KubeError(code, reason, "gone")
    assert Reconciler(kube).reconcile(world()) == []


def test_a_certificate_that_is_seen_after_its_end_gets_no_secret() -> None:
    kube = RecordedKube()
    assert Reconciler(kube).reconcile(world(certificates={CERTIFICATE: certificate()})) == []
    assert applied(kube, "Secret") == []


def test_a_secret_tells_what_it_was_issued_for_without_telling_the_key(kube: RecordedKube) -> None:
    secret = answered(kube, world(certificates={CERTIFICATE: certificate()}))
    assert len(secret["metadata"]["annotations"][ISSUED_FOR]) == 16
