# Everything a person or a machine does with this project. Needs only make and Python 3.11 to 3.13.
#
#   make            what there is
#   make demo       a whole simulated night, from files to letters, through Airflow
#   make test       every test

# Another Python than the first one found: make PYTHON=/path/to/python3.12 ...
VENV   := .venv
RUN    := $(VENV)/bin/python -m
PYTEST := $(RUN) pytest
ARGS   ?=

# Fast ones first. A missing or empty directory is an error, not a pass.
TESTS := tests/unit tests/hostile tests/fuzz tests/integration tests/dags tests/acceptance

.DEFAULT_GOAL := help
.PHONY: help environment demo up down test kills lint bench fuzz lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

environment:
	@sh scripts/environment.sh

demo: environment  ## simulate a county and run tonight's whole job through Airflow
	@$(VENV)/bin/pact demo $(ARGS)

up: environment  ## start the database and Airflow, and say how to sign in
	@$(VENV)/bin/pact up

down: environment  ## stop what `make up` or `make demo` started
	@$(VENV)/bin/pact down
	@$(VENV)/bin/pact down --demo

test: environment  ## run the tests, fast ones first; ARGS="-k word" narrows them
	@$(PYTEST) $(TESTS) $(ARGS)

kills: environment  ## run a simulated month that is killed more than 200 times, at every boundary
	@PACT_TEST_KILLS=$${PACT_TEST_KILLS:-220} $(PYTEST) -s tests/acceptance/test_month.py $(ARGS)

lint: environment  ## style, types and layers
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy --strict pact_etl
	@$(PYTEST) -q tests/unit/test_layers.py

bench: environment  ## measure speed against the yardsticks of the design
	@$(RUN) benchmarks $(ARGS)

fuzz: environment  ## fuzz the parsers; ARGS="delimited --seconds 600" takes one, for so long
	@$(RUN) tests.fuzz $(ARGS)

lock: environment  ## resolve the dependencies anew for all supported Pythons
	@$(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --output-file requirements.lock

clean:  ## remove the environment and caches; keeps var/, which holds your data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
