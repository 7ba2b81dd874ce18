"""The stand-in for storage drivers as a process of its own, which a rehearsal supervises."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from rehearsal.cluster import volume_stand_in
from rehearsal.errors import RehearsalError
from rehearsal.kube import Kube, KubeError


def main() -> None:
    """Run until a signal ends it; exit with an error when it cannot begin, as while no API server answers."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.cluster.volume_stand_in", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--directory", type=Path, required=True, help="where the volumes' directories are made")
    parser.add_argument("--node", required=True, help="the node of volumes that wait for no pod")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with Kube(chosen.kubeconfig) as kube:
            volume_stand_in.run(kube, chosen.directory, chosen.node)
    except (KubeError, RehearsalError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
