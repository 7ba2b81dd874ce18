"""The client of the Kubernetes API, against an API server in memory."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.kube import Collection, Kube, KubeError, Mirror
from tests.incluster.api_server import ApiServer

if TYPE_CHECKING:
    from pathlib import Path

PODS = "/api/v1/namespaces/default/pods"
SECONDS = 10.0


def pod(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default", "labels": labels}}


def names(mirror: Mirror) -> set[str]:
    return {item["metadata"]["name"] for item in mirror.objects(Collection(PODS))}


def wait_for(mirror: Mirror, expected: set[str]) -> None:
    while names(mirror) != expected:
        assert mirror.wait(SECONDS), f"still {names(mirror)}, not {expected}"


def test_it_gets_and_lists_over_verified_tls(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"), pod("b"))
    assert kube.get(f"{PODS}/a")["metadata"]["name"] == "a"
    assert [each["metadata"]["name"] for each in kube.list(PODS)] == ["a", "b"]


def test_it_trusts_no_server_of_another_authority(api: ApiServer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with ApiServer(other) as stranger:
        (tmp_path / "ca.crt").write_bytes((other / "ca.crt").read_bytes())
        stranger.shutdown()
    with Kube(api.kubeconfig) as kube, pytest.raises(KubeError, match="CERTIFICATE_VERIFY_FAILED") as raised:
        kube.list(PODS)
    assert raised.value.code == 0
    assert isinstance(raised.value.__cause__, ssl.SSLError)


def test_a_refused_request_carries_the_status_message(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS)
    with pytest.raises(KubeError) as raised:
        kube.get(f"{PODS}/absent")
    error = raised.value
    assert (error.code, error.reason, str(error)) == (404, "NotFound", '"absent" not found')
    assert error.missing


def test_a_missing_object_is_as_good_as_deleted_unless_asked_otherwise(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"))
    kube.delete(f"{PODS}/a")
    kube.delete(f"{PODS}/a")
    with pytest.raises(KubeError):
        kube.delete(f"{PODS}/a", missing_ok=False)


def test_a_connection_that_the_server_closed_is_opened_again(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"))
    api.closes_connections = True
    assert [len(kube.list(PODS)) for _ in range(3)] == [1, 1, 1]


def test_a_server_that_is_gone_is_an_error_that_names_it(api: ApiServer, kube: Kube) -> None:
    api.shutdown()
    api.server_close()
    with pytest.raises(KubeError, match=rf"{kube.server} does not answer"):
        kube.list(PODS)


def test_a_watch_begins_with_what_exists_and_ends_in_time(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"))
    with kube.watch(PODS, timeout=1) as watch:
        api.put(PODS, pod("b"))
        api.remove(PODS, "a")
        seen = [(event.type, event.object["metadata"]["name"]) for event in watch]
    assert seen == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")]


def test_a_watch_from_too_long_ago_says_so(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"))
    api.forget()
    with kube.watch(PODS, timeout=5, resource_version="1") as watch, pytest.raises(KubeError) as raised:
        list(watch)
    assert raised.value.expired


def test_a_mirror_follows_changes(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"))
    with Mirror(kube, [Collection(PODS)]) as mirror:
        wait_for(mirror, {"a"})
        api.put(PODS, pod("b"))
        wait_for(mirror, {"a", "b"})
        api.remove(PODS, "a")
        wait_for(mirror, {"b"})
        assert not mirror.wait(0)


def test_a_mirror_that_missed_changes_reads_everything_again(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"), pod("b"))
    with Mirror(kube, [Collection(PODS)]) as mirror:
        wait_for(mirror, {"a", "b"})
        with api.news:
            del api.collections[PODS]["a"]
            api.forget()
        wait_for(mirror, {"b"})
        assert mirror.error is None


def test_a_mirror_of_what_is_not_served_says_why(kube: Kube) -> None:
    with (
        pytest.raises(KubeError, match="not found"),
        Mirror(kube, [Collection("/api/v1/ghosts")], timeout=1),
    ):
        pytest.fail("it opened")


def test_selectors_and_metadata_are_asked_of_the_server(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS)
    kube.list(PODS, label_selector="a=b", field_selector="spec.nodeName=x")
    assert api.requests[-1] == f"{PODS}?labelSelector=a%3Db&fieldSelector=spec.nodeName%3Dx"
    assert "PartialObjectMetadataList" in Collection(PODS, metadata_only=True).accept("List")


@pytest.mark.parametrize("text", ["", "a: [", "current-context: nowhere\ncontexts: []\n"])
def test_an_unusable_kubeconfig_is_named(tmp_path: Path, text: str) -> None:
    broken = tmp_path / "kubeconfig"
    broken.write_text(text)
    with pytest.raises(RehearsalError, match=str(broken)):
        Kube(broken)
