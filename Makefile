# Andon: every way in, one line each. `make run` and `make test` do all the set-up themselves.
PYTHON ?= python3
PY := .venv/bin/python
RUN_ARGS = $(if $(DATA),--recordings $(DATA))
SETUP = PYTHON=$(PYTHON) sh resources/packaging/setup.sh

.PHONY: help run test check setup bench snapshots bundles lock format

help:            ## show this list
	@grep -E '^[a-z]+: .*##|^[a-z]+:  +##' Makefile | sed 's/:.*##/\t/'

run:             ## start the plant server and the console; DATA=DIR adds the recorded test rig
	@$(SETUP) run
	@exec $(PY) -m hmi $(RUN_ARGS) $(ARGS)

test:            ## run all tests
	@$(SETUP) test
	@$(PY) -m tests $(PYTEST_ARGS)

check:           ## format, lint, types, import rules, unit tests
	@$(SETUP) run
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo >.setup/imports.log || { cat .setup/imports.log; exit 1; }
	@$(PY) -m pytest -q -n 2 -m "not slow" --hypothesis-profile=quick tests/unit $(PYTEST_ARGS)

setup:           ## set up the environment (safe to repeat)
	@$(SETUP) test

bench:           ## run every benchmark; results in bench/
	@$(SETUP) test
	@$(PY) -m tests.benchmarks

snapshots:       ## run the headless demo and keep a picture of each page in snapshots/
	@$(SETUP) run
	@QT_QPA_PLATFORM=offscreen $(PY) -m hmi demo $(RUN_ARGS)

bundles:         ## record the plant, train the detectors, evaluate them on other seeds
	@$(SETUP) run
	@sh resources/packaging/bundles.sh

format:          ## format the code
	@$(PY) -m ruff format --quiet .
	@$(PY) -m ruff check --fix --quiet .

lock:            ## refresh the lock files from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock
