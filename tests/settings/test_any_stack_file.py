"""Whatever is in a stack file, it loads or it is refused with a report; secrets are never shown."""

from __future__ import annotations

import copy
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.settings import Settings, SettingsError

STACKS = Path(__file__).parents[2] / "stacks"
EXAMPLES: list[Any] = [yaml.safe_load((STACKS / f"Pulumi.{name}.yaml").read_text()) for name in ("local", "hybrid")]
EXAMPLE = EXAMPLES[0]
# The machine may be busy: how long one example takes says nothing.
unhurried = settings(deadline=None)

FORM = re.compile(r"  \S.*: .+, got .+; .+")

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["h100", "l40s"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def loaded_or_refused(content: bytes) -> SettingsError | None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "Pulumi.any.yaml")
        path.write_bytes(content)
        try:
            Settings.load(path)
        except SettingsError as refusal:
            refused = refusal
        else:
            return None
    assert all(FORM.fullmatch(line) for line in str(refused).splitlines()[1:]), str(refused)
    return refused


def places(value: Any, steps: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The steps to every value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [steps, *(place for key, item in inner for place in places(item, (*steps, key)))]


def holder(document: Any, steps: tuple[Any, ...]) -> Any:
    for step in steps[:-1]:
        document = document[step]
    return document


@st.composite
def broken_files(draw: st.DrawFn) -> Any:
    """An example file with a few values replaced, removed, added, renamed or repeated."""
    document = copy.deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        steps = draw(st.sampled_from(places(document)))
        if not steps:
            continue
        owner, last = holder(document, steps), steps[-1]
        match draw(st.sampled_from(["replace", "remove", "rename", "repeat"])):
            case "replace":
                owner[last] = draw(values)
            case "remove":
                del owner[last]
            case "rename" if isinstance(owner, dict):
                owner[draw(st.text(max_size=8) | st.sampled_from(["nods", "mlplatform:team"]))] = owner.pop(last)
            case "repeat" if isinstance(owner, list):
                owner.append(copy.deepcopy(owner[last]))
    return document


@unhurried
@given(broken_files())
def test_a_broken_file_gets_a_report_and_never_a_traceback(document: Any) -> None:
    loaded_or_refused(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@unhurried
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_get_a_report_and_never_a_traceback(content: bytes) -> None:
    assert loaded_or_refused(content) is not None


@unhurried
@given(st.data())
def test_a_damaged_text_gets_a_report_and_never_a_traceback(data: st.DataObject) -> None:
    text = yaml.safe_dump(data.draw(st.sampled_from(EXAMPLES)))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    loaded_or_refused((text[:start] + data.draw(st.text(max_size=5)) + text[end:]).encode("utf-8", "surrogatepass"))


@unhurried
@given(st.text(alphabet="abcdefghijkmnpqrtuvw", min_size=12, max_size=20), st.data())
def test_an_encrypted_value_is_never_shown(secret: str, data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(EXAMPLES)))
    steps = data.draw(st.sampled_from([place for place in places(document) if len(place) > 1]))
    holder(document, steps)[steps[-1]] = {"secure": secret}
    refusal = loaded_or_refused(yaml.safe_dump(document).encode())
    assert refusal is not None
    assert secret not in str(refusal)


@pytest.mark.parametrize("key", ["password", "admin_password", "api_key", "token", "client_secret", "pasword"])
def test_a_password_in_clear_under_an_unknown_key_is_never_shown(key: str) -> None:
    document = copy.deepcopy(EXAMPLE)
    document["config"]["mlplatform:teams"][0][key] = "hunter2"
    refusal = loaded_or_refused(yaml.safe_dump(document).encode())
    assert f"teams[0].{key}: is no known key" in str(refusal)
    assert "hunter2" not in str(refusal)
