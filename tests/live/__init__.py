"""Tests of a deployed stack, rehearsed or in a real account: they read and change nothing.

`pytest tests/live` takes the rehearsal that runs; `pytest tests/live --stack prod` the account that AWS's tools find
and the cluster of `KUBECONFIG`.
"""
