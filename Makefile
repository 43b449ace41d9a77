# How Maillage is set up, started, checked and measured. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo demo-reset check test bench openapi screenshots

PYTHON3 ?= python3
VENV := .venv/bin
WORKERS ?= 2
PYTEST_ARGS ?=
URL ?= http://127.0.0.1:8000/

help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install what is missing to run Maillage
	@$(PYTHON3) tools/bootstrap.py

setup-dev: ## install what is missing to run and test Maillage
	@$(PYTHON3) tools/bootstrap.py --tests

demo: setup ## start Maillage with the demonstration territory (Ctrl-C stops it)
	@exec $(VENV)/maillage demo

demo-reset: setup ## delete the demonstration's data and start over
	@exec $(VENV)/maillage demo --reset

check: setup-dev ## lint, types and architecture, without running the tests
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports
	$(VENV)/mypy

test: check ## everything that must hold before a change is accepted
	$(VENV)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

openapi: setup-dev ## write docs/openapi.json again after a change of the API
	@DJANGO_SETTINGS_MODULE=maillage.config.settings $(VENV)/django-admin export_openapi_schema \
		--api maillage.config.api.api --indent 2 --sorted --output docs/openapi.json

screenshots: setup-dev ## take the pictures of the README and the guides again, from the running demonstration
	$(VENV)/python tools/screenshots.py --url $(URL)

bench: setup-dev ## measure; prints a table and writes JSON into benchmarks/results
	$(VENV)/python -m benchmarks
