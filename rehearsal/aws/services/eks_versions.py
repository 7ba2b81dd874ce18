"""Versions of add-ons that the stand-in gives where a program asks for the newest; moto knows none."""

from __future__ import annotations

from typing import Final

ADDON_VERSIONS: Final = {
    "amazon-cloudwatch-observability": "v4.4.0-eksbuild.1",
    "aws-ebs-csi-driver": "v1.50.1-eksbuild.1",
    "aws-efs-csi-driver": "v2.1.12-eksbuild.1",
    "aws-fsx-csi-driver": "v1.7.0-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v2.1.0-eksbuild.1",
    "cert-manager": "v1.19.1-eksbuild.1",
    "coredns": "v1.12.4-eksbuild.1",
    "eks-node-monitoring-agent": "v1.4.1-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.9-eksbuild.3",
    "kube-proxy": "v1.34.0-eksbuild.4",
    "kube-state-metrics": "v2.17.0-eksbuild.4",
    "metrics-server": "v0.8.0-eksbuild.2",
    "prometheus-node-exporter": "v1.10.2-eksbuild.1",
    "snapshot-controller": "v8.3.0-eksbuild.1",
    "vpc-cni": "v1.20.4-eksbuild.1",
}
"""Add-ons of EKS by name, each with a version of its published form; whether it is the newest is not claimed."""
