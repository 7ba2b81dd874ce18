# The commands a newcomer needs. Each can be run again at any time, also after a crash of the one before.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
READY := $(VENV)/.ready
MLPLATFORM := $(VENV)/bin/mlplatform
PYTEST := $(VENV)/bin/pytest

# Compiled once here, read at every start of the engine's Python.
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help up test campaign check down clean

help: ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'

up: $(READY) ## Set up if needed and bring up the whole local platform
	@$(MLPLATFORM) rehearse local

test: $(READY) ## Set up if needed and run every test but those on a real account
	@$(MLPLATFORM) rehearse prepare local
	@$(PYTEST) -m "not live and not campaign"

campaign: $(READY) ## Bring up, look at and destroy every stack of the repository; takes most of an hour
	@$(PYTEST) -m campaign

check: $(READY) ## Format, lint, types and generated files
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(MLPLATFORM) schema --check

down: $(READY) ## Destroy the local platform, verify that nothing is left, stop everything
	@$(MLPLATFORM) rehearse down local

clean: ## Stop every rehearsal, remove what was built and the Python environment
	@if [ -x $(MLPLATFORM) ]; then $(MLPLATFORM) rehearse stop --all --remove && $(MLPLATFORM) toolchain clean; fi
	@rm -rf $(VENV)

$(READY): pyproject.toml uv.lock
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is missing; install Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is $$($(PYTHON) -V 2>&1); Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@echo "• Python environment in $(VENV)"
	@[ -x $(VENV)/bin/python ] || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "error: no virtual environment could be made; on Debian: apt-get install python3-venv"; exit 1; }
	@$(VENV)/bin/uv --version >/dev/null 2>&1 || $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || \
		{ echo "error: uv could not be installed; a connection to the Python package registry is needed for set-up"; exit 1; }
	@$(VENV)/bin/uv sync --frozen --quiet
	@touch $@
