# Everything from nothing: a fresh machine needs python3 (3.11 to 3.13), make and git, and a way to its package registry.
# The virtual environment is made once per state of the lock files; a stamp in .venv/ tells which state is installed.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# Variables of the caller that would change what Python sees or make every import compile anew.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH PYTHONSTARTUP VIRTUAL_ENV

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-$(shell cat requirements.txt pyproject.toml | cksum | cut -d ' ' -f 1)
DEV_STAMP := $(VENV)/.installed-dev-$(shell cat requirements.txt requirements-dev.txt pyproject.toml | cksum | cut -d ' ' -f 1)
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -qq --no-deps --no-compile
# On all cores, where pip would take one. Packages' own tests are left out, and what is for Python 2 (as in Dockerfile).
BYTECODE := $(BIN)/python -m compileall -q -j 0 -x '/tests?/|/olefile2[.]py$$' $(VENV)/lib
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
# Tests that run services wait half of the time: one process more than the two cores that all is made for.
WITH_SERVICES := $(PYTEST) --numprocesses 3 --durations 25

# Upgrades on request only: make lock UPGRADE=--upgrade
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(UPGRADE)

# CycloneDX 1.3: later versions name the tool by its address at a package registry. The hashes are in requirements.txt.
# Not among the tests' packages: with one that it brings, jsonschema takes three seconds of each Airflow process to start.
SBOM := PYTHONWARNINGS=ignore $(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 --with cyclonedx-python-lib==11.12.0 \
	cyclonedx-py requirements --index-url= --spec-version 1.3 --output-reproducible --pyproject pyproject.toml --output-file sbom.cdx.json -

.PHONY: help run packages test test-quick test-exhaustive test-all pictures up check format docs bench lock clean

help:
	@echo 'make run         replay 2023 and the opening of 2024 through the real system, from nothing to five published reports'
	@echo 'make test        the whole test suite, from nothing; installs what it needs where it may'
	@echo 'make test-exhaustive  more kills, a busy and a killed replay; a quarter of an hour'
	@echo 'make test-all    both in one go'
	@echo 'make test-quick  the tests of single parts, of the rules and of the thirty bad inputs; two to three minutes'
	@echo 'make pictures    the handbook'"'"'s pictures anew, from the pages as they are; look at them'
	@echo 'make up          the services in the foreground, Airflow at http://localhost:8080, watching var/inbox/'
	@echo 'make check       format, lint, types, order of the rooms, generated documents'
	@echo 'make format      put the code into the format that check asks for'
	@echo 'make docs        write the generated documents anew'
	@echo 'make bench       the benchmarks'
	@echo 'make lock        requirements*.txt and sbom.cdx.json from pyproject.toml (UPGRADE=--upgrade for newer versions)'
	@echo 'make clean       remove .venv/ and var/'

run: $(RUN_STAMP)
	@$(BIN)/tiendo run

up: $(RUN_STAMP)
	@$(BIN)/tiendo up

# What some tests hold the system against.
packages: $(DEV_STAMP)
	@$(BIN)/python tests/fixtures/packages.py

test: packages
	$(WITH_SERVICES)

test-exhaustive: packages
	$(WITH_SERVICES) -m exhaustive

# What both need, such as a replayed quarter, is made once.
test-all: packages
	$(WITH_SERVICES) -m 'exhaustive or not exhaustive'

pictures: packages
	TIENDO_WRITE_PICTURES=1 $(PYTEST) tests/e2e/test_browser.py

# For the time between two edits: what takes seconds each, whole reports first of all, is left to make test.
test-quick: $(DEV_STAMP)
	$(PYTEST) --numprocesses 2 -m 'not slow and not exhaustive' tests/unit tests/contracts/test_rules.py tests/contracts/thirty_inputs

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy $(wildcard benchmarks/*.py)
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/tiendo docs --check

format: $(DEV_STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(RUN_STAMP)
	$(BIN)/tiendo docs

bench: $(DEV_STAMP)
	@code=0; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || code=1; done; exit $$code

lock: $(DEV_STAMP)
	$(COMPILE) pyproject.toml --group build --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	sed -n 's/^\([^ #][^ ;]*==[^ ;]*\).*/\1/p' requirements.txt | $(SBOM)

clean:
	rm -rf $(VENV) var

# A python3 that is too old, or that was packaged without venv, is passed over for another one of the machine.
$(RUN_STAMP):
	@set -e; \
	probe='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
	if ! $(BIN)/python -c "$$probe" >/dev/null 2>&1; then \
	  found=''; \
	  for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if $$candidate -c "$$probe" >/dev/null 2>&1; then found=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo 'Tiendo needs Python 3.11, 3.12 or 3.13 with its venv module (on Debian and Ubuntu: apt-get install python3-venv).' >&2; \
	    echo "Found: $$(python3 --version 2>&1 || true). Another one can be named: make PYTHON=/path/to/python3.12 ..." >&2; \
	    exit 1; \
	  fi; \
	  rm -rf $(VENV); \
	  $$found -m venv $(VENV); \
	fi
	@echo 'Installing the locked packages into $(VENV)/ (once; two minutes or so) ...'
	@$(PIP_INSTALL) --require-hashes -r requirements.txt
	@$(PIP_INSTALL) --no-build-isolation --editable .
	@$(BYTECODE)
	@rm -f $(VENV)/.installed-*
	@touch $@

$(DEV_STAMP): $(RUN_STAMP)
	@echo 'Installing the locked tools of the tests ...'
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@$(BYTECODE)
	@touch $@
