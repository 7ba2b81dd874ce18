"""Reading a dump: what a restore writes otherwise is the same, what it loses is not."""

from __future__ import annotations

import pytest

from controllers.dump import DamagedError, content

pytestmark = pytest.mark.data

END = b"-- PostgreSQL database dump complete\n"
LIST = b"CHECK (((s)::text = ANY ((ARRAY['on'::character varying, 'off'::character varying])::text[])))\n"
LOADED = b"CHECK (((s)::text = ANY (ARRAY[('on'::character varying)::text, ('off'::character varying)::text])))\n"


def statements(*lines: bytes) -> str:
    return content([*(b"CONSTRAINT c " + line for line in lines), END]).statements


def test_a_condition_on_a_list_of_texts_is_the_same_after_it_was_loaded() -> None:
    assert statements(LIST) == statements(LOADED)


@pytest.mark.parametrize(
    "other", [LIST.replace(b"off", b"of"), LIST.replace(b"ANY", b"ALL"), LIST.replace(b"(s)", b"(t)"), b""]
)
def test_another_condition_is_another(other: bytes) -> None:
    assert statements(LOADED) != statements(other)


def test_casts_of_what_is_no_condition_count() -> None:
    assert statements(b"a text DEFAULT 'x'::text,\n") != statements(b"a text DEFAULT 'x',\n")


def test_a_dump_that_ends_before_its_end_is_none() -> None:
    with pytest.raises(DamagedError, match="before its end"):
        content([LIST])
