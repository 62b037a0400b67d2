# Each target makes .venv by itself where it is missing. The first time takes minutes and a network; after it
# nothing needs one. `make` alone lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
STAMP := .venv/.installed
FITS := import sys, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 13))

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 18

# A version manager's python3.12 may be on PATH and not run: each candidate is tried.
$(STAMP): pyproject.toml constraints.txt
	@set -e; found=; \
	for python in "$$PYTHON" $(BIN)/python python3.12 python3.11 python3.10 python3 python; do \
	    if [ -n "$$python" ] && "$$python" -c '$(FITS)' >/dev/null 2>&1; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Tidebook needs Python 3.10, 3.11 or 3.12 with venv on PATH, or its path: make PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	fi; \
	echo "Installing into .venv with $$("$$found" --version) (minutes the first time)"; \
	if [ ! -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then "$$found" -m venv --clear .venv; fi; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'; \
	$(BIN)/python -m resources.jars; \
	$(BIN)/python -m resources.class_archive; \
	touch $@

install: $(STAMP) ## make .venv, with all packages and jars, and an archive of their classes

demo: $(STAMP) ## a year of events becomes sessions and active users (DEMO_FEED=access_log: a real log)
	@$(BIN)/tidebook demo $(if $(DEMO_FEED),--feed $(DEMO_FEED))

ui: $(STAMP) ## open the Dagster UI on what was run
	@$(BIN)/tidebook ui

# Two at a time, a file of tests after the other: the long ones come first.
test: $(STAMP) ## unit, integration and property tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-long: $(STAMP) ## the tests that take a minute or more each, and a real daemon and object store
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "long and not soak"

soak: $(STAMP) ## the long tests: random kills and other faults, orders and histories
	$(BIN)/python -m pytest -m soak

faults: $(STAMP) ## of these the faults alone; ends with their table
	$(BIN)/python -m pytest -m "soak or not soak" tests/faults

bench: $(STAMP) ## speed beside DuckDB
	$(BIN)/python -m benchmarks.pipeline

lint: $(STAMP) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## let ruff format and mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# data/.made-by-demo lists what the demo made, a path a line: files that others put into data/ stay.
clean: ## remove caches, build products and what the demo made in ./data
	@if [ -x $(BIN)/tidebook ]; then $(BIN)/tidebook engine stop >/dev/null 2>&1 || true; fi
	@made=$$(grep -E '^data/[^.]' data/.made-by-demo 2>/dev/null | grep -vF '..' || true); \
	for path in $$made data/.made-by-demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache \
	        .hypothesis spark-warehouse metastore_db derby.log; do \
	    if [ -e "$$path" ]; then echo "removing $$path"; rm -rf "$$path"; fi; \
	done
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@rmdir data 2>/dev/null || if [ -d data ]; then echo "keeping data, which holds more than the demo made"; fi

distclean: clean ## the same, and .venv with the packages and jars
	@if [ -e .venv ]; then echo "removing .venv"; rm -rf .venv; fi

.PHONY: help install demo ui test test-long soak faults bench lint format clean distclean
