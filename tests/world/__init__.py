"""Tests of the world that a rehearsal makes: processes, network, certificates, control plane, node."""
