# Each target sets up what it needs, and only what is missing or out of date.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test test-fast test-all fuzz mutate check format clean

PYTHON ?= python3
BIN := .venv/bin
# The environment's own Node.js is found first where the system has none that will do.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PACKAGE := .venv/.installed
NODE := .venv/.node
MODULES := web/node_modules/.package-lock.json
PAGE := src/whygrad/app/static/index.html
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print)

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: $(PACKAGE) $(PAGE) ## .venv with whygrad and every extra, and the built front end

run: install ## open whygrad in a browser (PORT=8000, ARGS="...")
	$(BIN)/whygrad open $(if $(PORT),--port $(PORT)) $(ARGS)

# The order of tests and what large gates draw come from one seed, which is printed.
PYTEST := $(BIN)/pytest --numprocesses auto --dist loadfile $(if $(SEED),--randomly-seed=$(SEED))

test: check ## every check and test, large gates on a sample (SEED=... to repeat a run)
	cd web && npm test
	$(BIN)/python scripts/ensure_chromium.py
	$(PYTEST) --cov --cov-report=term

test-all: export WHYGRAD_TESTS := whole
test-all: test ## as `test`, with large gates whole

test-fast: $(PACKAGE) ## what a change in Python usually needs: no browser, doctor, clinic or bench
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(PYTEST) -m "not browser and not slow" $(addprefix --ignore-glob=tests/,$(FAST_WITHOUT))
FAST_WITHOUT := test_doctor* test_clinic* test_app_clinic* test_bench* test_wheel* browser

fuzz: $(PACKAGE) ## 10,000 hostile inputs over every surface (SEED=... to repeat a run)
	WHYGRAD_FUZZ=10000 $(PYTEST) --dist load tests/fuzz

mutate: $(PACKAGE) ## 300 small changes of the sources, which tests must notice (SEED=..., ARGS="...")
	$(BIN)/python scripts/mutate.py $(if $(SEED),--seed $(SEED)) $(ARGS)

check: install ## format, lint, types and the order of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	cd web && npm run check

format: $(PACKAGE) ## write the code the way `make check` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove everything that was installed or built
	rm -rf .venv .mutants web/node_modules src/whygrad/app/static dist .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +

$(PACKAGE): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	touch $@

$(NODE): | $(PACKAGE)
	scripts/ensure_node.sh
	touch $@

$(MODULES): web/package.json web/package-lock.json web/.npmrc | $(NODE)
	cd web && npm ci
	touch $@

$(PAGE): $(MODULES) $(WEB_SOURCES)
	cd web && npm run build
