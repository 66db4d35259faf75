# `make run` starts everything on http://127.0.0.1:8000; `make help` lists the rest.
# PYTHON=python3.12 chooses the interpreter, PORT= and MAILERPLEX_DATA_DIR= go to `make run`, ARGS= to pytest.

SHELL := /bin/sh
BIN := .venv/bin
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup dev run test soak check format bench translations lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## Make .venv with the locked dependencies; start nothing
	@requirements/setup.sh runtime

dev:
	@requirements/setup.sh dev

run: setup ## Start web, worker and scheduler; Ctrl-C stops them
	@exec $(BIN)/mailerplex up

test: dev ## Run the whole suite, with a real PostgreSQL, Redis and browser
	@requirements/system.sh
	@$(BIN)/python -m pytest --durations=15 -q $(ARGS)

soak: dev ## Run the marathons: kills by the thousand, hits by the million
	@requirements/system.sh
	@$(BIN)/python -m pytest -m soak --timeout=0 --durations=0 -q $(ARGS)

check: dev ## Check format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: dev ## Format the code and mend what lint can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: dev ## Run the benchmarks
	@$(BIN)/python -m bench $(ARGS)

translations: dev ## Find the texts to translate, update the catalogues, compile them
	@$(BIN)/python -m tools.translations $(LANGUAGE)

lock: ## Make the locks anew (needs uv)
	@command -v uv >/dev/null || { echo "uv is needed: pip install uv" >&2; exit 1; }
	@requirements/lock.sh

clean: ## Remove what was built; the data folder stays
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
