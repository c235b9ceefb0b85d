# What is installed stands in three places: Debian packages in src/bouvier/cli/preflight/requirements.py,
# Python packages in pyproject.toml with their versions in constraints.txt, the console's in console/package-lock.json.
# Every target may be repeated; one that has nothing to do ends at once.

PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
STAMPS = .make
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
CONSOLE_SOURCES = $(shell [ -d console ] && find console \( -name node_modules -o -name dist \) -prune -o -type f -print)

.PHONY: help install demo demo-down test test-again check format bench clean packages packages-test
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: packages $(STAMPS)/venv $(STAMPS)/console ## everything that `bouvier up` needs
	@$(BIN)/python -m compileall -q src/bouvier
	@echo "installed: $(BIN)/bouvier up"

demo: install ## a platform with a sample application, served by name
	@$(BIN)/python -m tools.demo

demo-down: ## stop the demo's platform and remove its data
	@$(BIN)/bouvier down --purge

test: install packages-test $(STAMPS)/venv-test ## every test (installs what is missing)
	@$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST) || { [ $$? = 1 ] && $(MAKE) --no-print-directory test-again; }

# Engines, browsers and tests share the processors: what only lacked time passes alone, what is wrong fails again.
test-again: ## the tests that failed last, one after the other
	@echo "… once more, one after the other: the tests that failed"
	@$(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(PYTEST)

check: $(STAMPS)/venv-dev ## format, lint, types, layers
	@$(BIN)/ruff format --check src tests tools bench
	@$(BIN)/ruff check src tests tools bench
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMPS)/venv-dev ## rewrite the sources in the house's form
	@$(BIN)/ruff format src tests tools bench
	@$(BIN)/ruff check --fix src tests tools bench

bench: install $(STAMPS)/venv-test ## the benchmark table
	@$(BIN)/python -m bench $(BENCH)

clean: ## remove everything that was built here (platforms are removed by `bouvier down --purge`)
	@rm -rf $(VENV) $(STAMPS) console/node_modules src/bouvier/console/dist build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@PYTHONPATH=src $(PYTHON) -m bouvier.cli.preflight install

packages-test: packages
	@PYTHONPATH=src $(PYTHON) -m bouvier.cli.preflight test

$(BIN)/python: | packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed; name one: make PYTHON=python3.11")'
	@echo "… making the virtual environment"
	@$(PYTHON) -m venv $(VENV)

$(STAMPS)/venv: pyproject.toml constraints.txt | $(BIN)/python
	@echo "… installing Python packages"
	@$(PIP) --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/venv-test: $(STAMPS)/venv
	@echo "… installing the tests' Python packages"
	@$(PIP) --editable '.[test]'
	@touch $@

$(STAMPS)/venv-dev: $(STAMPS)/venv-test
	@echo "… installing the checks' Python packages"
	@$(PIP) --editable '.[test,dev]'
	@touch $@

$(STAMPS)/console: tools/build-console $(CONSOLE_SOURCES) | $(STAMPS)/venv
	@PYTHON=$(PYTHON) tools/build-console
	@mkdir -p $(STAMPS) && touch $@
