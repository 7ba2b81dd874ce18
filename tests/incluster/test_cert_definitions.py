"""Which of cert-manager's CRDs the stand-in brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from rehearsal.cluster import cert_stand_in
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from pathlib import Path


def write_crd(directory: Path, kind: str) -> None:
    document = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.cert-manager.io", "labels": {"app": '{{ template "x" . }}'}},
        "spec": {"names": {"kind": kind}},
    }
    (directory / f"crd-{kind.lower()}s.yaml").write_text(f"# START\n{yaml.safe_dump(document)}# END\n")


def test_only_the_definitions_that_are_answered_are_taken_and_without_the_charts_labels(
    tmp_path: Path,
) -> None:
    for kind in ("Issuer", "ClusterIssuer", "Certificate", "Order"):
        write_crd(tmp_path, kind)
    found = {each["spec"]["names"]["kind"]: each["metadata"] for each in cert_stand_in.definitions(tmp_path)}
    assert found == {
        "Issuer": {"name": "issuers.cert-manager.io"},
        "Certificate": {"name": "certificates.cert-manager.io"},
    }


def test_a_directory_without_the_definitions_is_named(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="no CRD of Certificate, Issuer there"):
        cert_stand_in.definitions(tmp_path)
