"""The AWS account that a rehearsal pretends to have: who answers for it, and what programs see of it."""

from __future__ import annotations

from rehearsal.cloud.account import Account

__all__ = ["Account"]
