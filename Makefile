# make plan    solve the base scenario of Bao'an; says where the map is
# make test    everything that is checked: ruff, mypy, pytest
#
# Each makes its own environment in .venv first, and does that again only after pyproject.toml has changed.
# Another Python: make plan PYTHON=python3.12

PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
# uv is several times as quick as pip; where it cannot be had, or does not reach the index pip is set up for, pip does it
INSTALL  = { [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python -e '$(1)'; } \
           || $(BIN)/python -m pip install --quiet -e '$(1)'
# numba compiles the packing of blocks once and keeps it beside the module
COMPILE  = $(BIN)/python -c 'from planner.solve import compiled; compiled()'

# what Python compiles is kept: every process that the tests start would compile it again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help plan test long bench docs clean
help:
	@sed -n 's/^# make /  make /p' Makefile

plan: $(VENV)/.for-plan
	@$(BIN)/planner solve scenarios/base.yaml

test: $(VENV)/.for-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m 'not long' -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# make long    the tests that take minutes
long: $(VENV)/.for-test
	@$(BIN)/python -m pytest -m long || { [ $$? -eq 5 ] && echo 'No test is marked long.'; }

# make bench   measure again what benchmarks/README.md tells
bench: $(VENV)/.for-test
	$(BIN)/python benchmarks/run.py

# make docs    write again what README.md and DESIGN.md print: output, tables, picture (needs Chromium)
docs: $(VENV)/.for-test
	$(BIN)/python docs/make.py

# make clean   remove the environment and all caches; plans are kept
clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "planner needs Python 3.11 or later; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1 || true)"; \
	  echo "Install one and say which: make plan PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make environments: it comes without venv or ensurepip."; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; } >&2
	@echo 'Making an environment in $(VENV) ...'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true

$(VENV)/.for-plan: pyproject.toml | $(BIN)/python
	@echo 'Installing planner ...'
	@$(call INSTALL,.)
	@$(COMPILE)
	@touch $@

$(VENV)/.for-test: pyproject.toml | $(BIN)/python
	@echo 'Installing planner and its tests ...'
	@$(call INSTALL,.[test])
	@$(COMPILE)
	@touch $@ $(VENV)/.for-plan
