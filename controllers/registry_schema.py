"""Bring the model registry's database to the schema of the MLflow that runs this; safe to run again at any time.

The database's URL is in `MLFLOW_BACKEND_STORE_URI`, not among the arguments, which every process of the machine may
read. MLflow's own commands do the work; migrations of a large database take time and cannot be taken back.

    python registry_schema.py
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

_log: Final = logging.getLogger("schema")


def main() -> int:
    """Run once: experiments and models, then users and what they may do."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    from mlflow.db import upgrade
    from mlflow.server.auth.db.cli import upgrade as upgrade_accounts

    url = os.environ["MLFLOW_BACKEND_STORE_URI"]
    upgrade.main([url], standalone_mode=False)
    upgrade_accounts.main(["--url", url], standalone_mode=False)
    _log.info("the database has this version's schema")
    return 0


if __name__ == "__main__":
    sys.exit(main())
