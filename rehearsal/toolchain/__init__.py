"""The rehearsal's programs: official builds where they can be had, else built here from published Go modules.

`Toolchain.default().ensure(names, reporter)` returns `Tools`, which knows where each binary and kept file lies.
"""

from rehearsal.toolchain.toolchain import Toolchain, ToolStatus
from rehearsal.toolchain.tools import Tools

__all__ = ["ToolStatus", "Toolchain", "Tools"]
