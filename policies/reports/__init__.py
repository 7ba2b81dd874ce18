"""A check's result for people and machines; each form is a module with one function."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.check import Report

_MODULES: Final = {"markdown": "markdown", "sarif": "sarif", "junit": "junit", "json": "data", "oscal": "oscal"}
FORMATS: Final = ("terminal", *_MODULES)


def rendered(report: Report, form: str) -> str:
    """The report as text in one of the forms but ``terminal``, which needs a console."""
    # A form is imported when it is asked for: the check is to answer before anybody waits.
    module = importlib.import_module(f"policies.reports.{_MODULES[form]}")
    render: Callable[[Report], str] = getattr(module, _MODULES[form])
    return render(report)
