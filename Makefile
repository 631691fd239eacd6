# Every target is named by `make help`. Works with GNU make 3.81 (macOS) and later.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.txt requirements-dev.txt
# `make install PYTHON=/path/to/python` chooses one; otherwise the first that will do.
PYTHON ?=
ARGS ?=

.PHONY: help install demo up down status test test-all test-scale lint types imports check format env lock lock-check clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/installed  ## Create .venv with the locked packages and the project (again only when the lock changed)

demo: install  ## Move the worked example from its legacy system into the target and back, in Airflow
	$(BIN)/cutover demo

up: install  ## Start PostgreSQL and Airflow on the loopback
	$(BIN)/cutover up

down:  ## Stop everything that `up` or `demo` started
	@if [ -x $(BIN)/cutover ]; then $(BIN)/cutover down; else echo "nothing is installed here, so nothing runs"; fi

status: install  ## Show what runs, where, and how to log in
	$(BIN)/cutover status

test: install  ## Run the tests that a change must pass
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

test-all: install  ## Run all tests but those that need minutes and gigabytes
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not scale" $(ARGS)

test-scale: install  ## Run the tests on millions of rows
	$(BIN)/python -m pytest -m scale $(ARGS)

lint: install  ## Check style (ruff)
	$(BIN)/ruff check .

types: install  ## Check types (mypy, strict)
	$(BIN)/mypy

imports: install  ## Check who imports whom (import-linter)
	$(BIN)/lint-imports

check: lint types imports  ## Check style, types and imports

format: install  ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

env:  ## Write .env with fresh secrets for docker compose (an existing one is kept)
	@docker/make-env

lock:  ## Resolve requirements*.in again into requirements*.txt (needs uv)
	@command -v uv > /dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	set -e; for name in requirements requirements-dev; do \
	  env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	    uv pip compile --no-config --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	      --no-emit-index-url --no-emit-find-links --no-header --no-annotate $$name.in -o $$name.txt; \
	done

lock-check:  ## Install the lock on every Python 3.11-3.13 found here and import all of it
	.ci/check_lock $(ARGS)

clean:  ## Stop everything and remove what was made here: servers, data, .venv, caches
	@if [ -x $(BIN)/cutover ]; then $(BIN)/cutover clean --yes; fi
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist src/*.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/installed: $(LOCKS) pyproject.toml
	@.ci/make_venv "$(VENV)" "$(PYTHON)"
	@touch $@
