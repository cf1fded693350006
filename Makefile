# Two commands on a fresh machine with Python 3.11+, git and make: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready

.PHONY: help run demo install test check format eval bench image lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Minsk Watch needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the locked development tools into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

install: $(DEV)  ## set up the virtual environment with development tools

run: $(RUNTIME)  ## run the bot; without config.toml, the demonstration (no token, no network)
	@$(BIN)/python main.py

demo: $(RUNTIME)  ## the demonstration, whether there is a config.toml or not
	@$(BIN)/python main.py demo

test: $(DEV)  ## all tests, on SQLite and on a PostgreSQL that they start themselves
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: $(DEV)  ## formatting, lint, types, import rules, Dockerfile, compose file
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@for profile in sqlite postgres; do $(BIN)/docker-compose --profile $$profile config -q || exit 1; done

format: $(DEV)  ## format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

eval: $(RUNTIME)  ## measure the matcher on the labelled news beside plain keywords
	@$(BIN)/python main.py evaluate tests/data/news-dev.jsonl tests/data/news-own.jsonl --baselines --ablations

bench: $(DEV)  ## benchmarks: ratios against peers and floors in the same run
	@for file in benchmarks/bench_*.py; do echo "== $$file"; PYTHONPATH=. $(BIN)/python $$file || exit 1; done

image:  ## build the container image
	docker build -t minsk-watch .

lock: $(DEV)  ## renew the locked versions from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock -q
	uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock -q

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
