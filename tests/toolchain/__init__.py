"""Tests of the toolchain: a stand-in for Go, small tools, a local web server; no network, no real build."""
