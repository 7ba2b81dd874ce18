"""The mirroring of Karpenter's pools as a process of its own, which a rehearsal supervises."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Final

from rehearsal.aws.account import Account
from rehearsal.aws.errors import AwsError, NotEmulatedError
from rehearsal.cloud.karpenter.machines import machine_types
from rehearsal.cloud.karpenter.mirroring import CLAIMS, CLASSES, NAMESPACES, POOLS, Reconciler, Seen
from rehearsal.kube import Collection, Kube, KubeError, Mirror

_DEFINITIONS: Final = Collection("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
_AWAITED: Final = {
    "nodepools.karpenter.sh",
    "nodeclaims.karpenter.sh",
    "ec2nodeclasses.karpenter.k8s.aws",
}
_WATCH_SECONDS: Final = 300.0
_RETRY_SECONDS: Final = 2.0

_log = logging.getLogger("karpenter-mirror")


def main() -> None:
    """Run until a signal ends it; exit with an error when it cannot begin, as while no API server answers."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.cloud.karpenter", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--endpoint", required=True, help="where AWS answers")
    parser.add_argument("--region", required=True)
    parser.add_argument("--machine", action="append", default=[], help="a machine type that may be started")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with Kube(chosen.kubeconfig) as kube:
            _wait_for_definitions(kube)
            # AWS answers by now: what brings the definitions has made a cluster there.
            machines = machine_types(Account(chosen.endpoint, chosen.region), chosen.machine)
            _run(kube, Reconciler(kube, machines))
    except (AwsError, NotEmulatedError, KubeError) as error:
        sys.exit(str(error))


def _wait_for_definitions(kube: Kube) -> None:
    """The program brings them: until then there is nothing to mirror."""
    served: set[str] = set()
    while True:
        with kube.watch(_DEFINITIONS, timeout=_WATCH_SECONDS) as changes:
            for change in changes:
                conditions = change.object.get("status", {}).get("conditions") or []
                if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
                    served.add(change.object["metadata"]["name"])
                if served >= _AWAITED:
                    return


def _run(kube: Kube, reconciler: Reconciler) -> None:
    with Mirror(kube, [POOLS, CLASSES, CLAIMS, NAMESPACES]) as mirror:
        _log.info("mirroring")
        while True:
            seen = Seen(*(mirror.objects(each) for each in (POOLS, CLASSES, CLAIMS, NAMESPACES)))
            refused = reconciler.reconcile(seen)
            for line in refused:
                _log.warning("%s", line)
            mirror.wait(_RETRY_SECONDS if refused else None)


if __name__ == "__main__":
    main()
