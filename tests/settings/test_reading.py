"""A tool reads from a stack file the values that the engine hands to the program."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from stacks._document import parse
from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

# What `pulumi config --json` of engine 3.259.0 showed for each.
ENGINE_READS: list[tuple[str, Any]] = [
    ("yes", "yes"),
    ("on", "on"),
    ("y", "y"),
    ("True", True),
    ("012", 10),
    ("0x10", 16),
    ("0o14", 12),
    ("0b11", 3),
    ("1_000", 1000),
    ("12:30:00", "12:30:00"),
    ("1e3", 1000),
    ("1.0", 1),
    ("~", None),
    ('"2"', "2"),
    ("!!str 3", "3"),
    ("12345678901234567890123", 1.2345678901234568e22),
]


@pytest.mark.parametrize(("written", "read"), ENGINE_READS)
def test_a_value_means_what_it_means_to_the_engine(written: str, read: Any) -> None:
    value = parse(f"key: {written}").value
    assert value == {"key": read}
    assert isinstance(value, dict)
    assert type(value["key"]) is type(read)


@pytest.mark.parametrize("written", ["9" * 5000, "9" * 250, "0x" + "f" * 248, "9" * 200 + "e200", ".inf", "-.nan"])
def test_a_number_beyond_all_bounds_is_told_and_not_a_traceback(written: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.huge.yaml"
    path.write_text(f"config:\n  mlplatform:cluster: {{requests_per_second: {written}}}\n")
    with pytest.raises(SettingsError, match=r"mlplatform:cluster\.requests_per_second: is "):
        Settings.load(path)


def test_an_alias_and_a_merge_are_written_out() -> None:
    text = "base: &base {a: 1, b: 2}\nlist: &list [1]\nuse: {<<: *base, b: 3}\nsame: *list\n"
    assert parse(text).value == {"base": {"a": 1, "b": 2}, "list": [1], "use": {"a": 1, "b": 3}, "same": [1]}


def test_a_file_of_aliases_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    layers = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    layers += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    path = tmp_path / "Pulumi.bomb.yaml"
    path.write_text("\n".join(layers))
    with pytest.raises(SettingsError, match="is not YAML, got nested too deep"):
        Settings.load(path)


def test_reading_settings_does_not_load_the_pulumi_sdk() -> None:
    code = "import sys, stacks.settings; sys.exit(any(name.startswith('pulumi') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"config: [", "is not YAML, got did not find expected node content"),
        (b"config:\n\tteams: 1", "is not YAML, got found character that cannot start any token"),
        (b"- a list", "is not a mapping, got other content; begin it with `config:`"),
        (b"", "is not a mapping, got other content; begin it with `config:`"),
        (b"\xff\xfe", "is not UTF-8 text, got another byte at 0; save the file as UTF-8"),
        (b"config: &a {teams: *a}", "is not YAML, got nested too deep, or an alias inside itself"),
        (b"config: " + b"[" * 500 + b"]" * 500, "is not YAML, got nested too deep"),
    ],
)
def test_a_file_that_is_no_stack_file_is_told_apart(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.bad.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    assert f"{path}: {said}" in str(caught.value)


def test_a_missing_file_names_the_stacks_that_exist(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").touch()
    with pytest.raises(SettingsError, match=r"cannot be read, got no such file.*; stack files there: Pulumi.dev.yaml"):
        Settings.load(tmp_path / "Pulumi.prod.yaml")
