# Concord in one word each. Only Python 3.11 or newer (with venv) and make are needed.
PYTHON ?= python3
PY := .venv/bin/python
TYPED := domain data geo

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check lint types unit integration browser chaos bench chromium format screenshots tls-store clean venv venv-dev

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

run: ## bring up the board on http://127.0.0.1:8050 (settings: docs/settings.md)
	@exec $(PYTHON) tools/bootstrap.py requirements.txt -m tools serve

test: lint types unit integration browser ## everything that must hold before a change is kept

check: lint types unit ## the fast part of it, under a minute

lint: venv-dev ## style, by ruff
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: venv-dev ## types of the domain, the store and the geometry, by mypy
	$(PY) -m mypy --strict $(TYPED)

unit: venv-dev ## rules and figures, without a server
	$(PY) -m pytest tests/unit -q -n auto

integration: venv-dev ## against a real store
	$(PY) -m pytest tests/integration -q

browser: venv-dev chromium ## the running map in a real browser
	$(PY) -m pytest tests/browser -q

tls-store: ## install a server that speaks TLS, for practice and tests (Debian, as root; optional)
	apt-get install -y --no-install-recommends redis-server

chaos: venv-dev ## fifty seeds of faults on the write path, about six minutes (docs/faults.md)
	$(PY) -m tests.integration.faults.campaign --seeds 50

bench: venv-dev ## how fast commands are (docs/benchmarks.md)
	$(PY) -m bench.assign

chromium: venv-dev
	@$(PY) -m tools.chromium --install

format: venv-dev ## put the code into its usual form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

screenshots: venv-dev chromium ## the pictures in docs/images
	$(PY) -m tools screenshots

clean: ## remove .venv and caches; the board's data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

venv:
	@$(PYTHON) tools/bootstrap.py requirements.txt

venv-dev:
	@$(PYTHON) tools/bootstrap.py requirements-dev.txt
