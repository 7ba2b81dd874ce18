"""Stores that several components use, in the cluster and on AWS."""
