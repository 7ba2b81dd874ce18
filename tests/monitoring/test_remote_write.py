"""Samples reach who takes remote writes, sent by the real Prometheus, with proof of who sends, and from where."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from pydantic import ValidationError

from components.monitoring import remote_write
from components.monitoring.prometheus import configuration
from components.specs.hooks import Hooks
from components.specs.monitoring_stack import InClusterMetrics
from tests.monitoring.alertmanager import recorder
from tests.monitoring.remote_writes import series
from tests.monitoring.server import prometheus

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.monitoring

_URL: Final = "https://mimir.example.org/api/v1/push"
_PASSWORD: Final = {"secret": "mimir", "key": "password"}
_BEARER: Final = {"bearer": _PASSWORD, "headers": {"X-Scope-OrgID": "ml"}}
_BASIC: Final = {"username": "ml", "password": _PASSWORD}


def hooks(**proof: Any) -> Hooks:
    return Hooks.model_validate({"remote_write": [{"name": "mimir", "url": _URL, **proof}]})


@pytest.mark.rehearsal
@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (_BEARER, {"Authorization": "Bearer s3cret", "X-Scope-Orgid": "ml"}),
        (_BASIC, {"Authorization": f"Basic {base64.b64encode(b'ml:s3cret').decode()}"}),
    ],
    ids=["token", "password"],
)
def test_samples_arrive_with_the_proof_of_a_file_and_the_name_of_the_cluster(
    proof: dict[str, Any], expected: dict[str, str], tools: Tools, tmp_path: Path
) -> None:
    (tmp_path / "mimir").mkdir()
    (tmp_path / "mimir" / "password").write_text("s3cret")
    text = configuration(InClusterMetrics(scrape_interval_seconds=5), "127.0.0.1:9", None, hooks(**proof), "ml-prod")
    assert "s3cret" not in text
    settings = yaml.safe_load(text)
    # It asks no API server here, has no rules, and reads only what does not answer.
    settings["scrape_configs"] = [each for each in settings["scrape_configs"] if "static_configs" in each]
    del settings["rule_files"]
    with recorder(series) as receiving:
        local = yaml.safe_dump(settings).replace("https://mimir.example.org", receiving.address)
        with prometheus(tools, tmp_path, local.replace(f"{remote_write.DIRECTORY}/", f"{tmp_path}/")):
            path, headers, found = receiving.next()
    assert path == "/api/v1/push"
    assert expected.items() <= {name.title(): value for name, value in headers.items()}.items()
    assert {each["cluster"] for each in found} == {"ml-prod"}
    assert any(each["__name__"] == "up" and each["job"] in {"prometheus", "alertmanager"} for each in found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"username": "ml"}, "username and password go together"),
        ({"username": "ml", "password": _PASSWORD, "bearer": _PASSWORD}, "two ways to prove"),
        ({"headers": {"Authorization": "Bearer s3cret"}}, "authorization is a secret"),
        ({"url": "http://mimir.example.org/"}, "url"),
    ],
)
def test_what_cannot_be_or_would_show_a_secret_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        hooks(**given)
    assert "s3cret" not in str(refused.value.errors(include_input=False, include_context=False))


def test_two_of_one_name_are_refused() -> None:
    each = {"name": "mimir", "url": _URL}
    with pytest.raises(ValidationError, match="two have the same name"):
        Hooks.model_validate({"remote_write": [each, each]})
