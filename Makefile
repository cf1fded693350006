# Two commands on a fresh machine with Python 3.11+, git and make: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready
AUDIT := $(VENV)-audit/.ready

.PHONY: help run demo install test check format eval bench bench-quick chaos soak messages image image-test audit sbom lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

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
	@$(BIN)/python main.py evaluate tests/data/news-dev.jsonl tests/data/news-own.jsonl tests/data/news-fresh.jsonl --baselines --ablations

bench: $(DEV)  ## benchmarks: ratios against peers and floors in the same run
	@PYTHONPATH=. $(BIN)/python benchmarks/run_all.py

bench-quick: $(DEV)  ## every benchmark once in small, to see that it works; its figures mean nothing
	@PYTHONPATH=. $(BIN)/python benchmarks/run_all.py --quick

chaos: $(DEV)  ## kill, freeze and cut off real processes; the ledger says what was lost (nothing, else it fails)
	@$(BIN)/python -m tests.chaos

DAYS ?= 1
soak: $(DEV)  ## let the real program live through DAYS=1 of news and trouble, in a time that skips what nobody waits for
	@$(BIN)/python -m tests.soak --days $(DAYS)

image:  ## build the container image
	docker build -t minsk-watch .

image-test:  ## build the image and run it for real, with Docker or Podman; TRY="..." are its options
	@tools/try_image.sh $(TRY)

$(AUDIT): requirements-audit.lock
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	@touch $@

audit: $(AUDIT)  ## look the locked dependencies up among known weaknesses (needs the internet)
	@$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

sbom: $(AUDIT)  ## write sbom.json: the locked dependencies with versions and hashes, as CycloneDX
	@$(VENV)-audit/bin/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml -o sbom.json requirements.lock 2>/dev/null
	@echo "sbom.json lists the locked dependencies."

messages: $(DEV)  ## bring the translations in bot/locales up to date with the texts in the code
	@$(BIN)/python -m tests.messages

lock: $(DEV)  ## renew the locked versions from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock -q
	uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock -q
	printf 'pip-audit>=2.9\ncyclonedx-bom>=7\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-audit.lock -q
	printf 'reader==3.26\nsgmllib3k==1.0.0\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-bench.lock -q

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) $(VENV)-audit $(VENV)-peer .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
