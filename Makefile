# The commands of the warehouse. `make help` lists them; each does its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3 2>/dev/null))
UV_VERSION := 0.13.8
BIN := .venv/bin
RUN := $(BIN)/python
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock"

# uv trusts the certificates the machine trusts, as pip does (a company's proxy has its own).
export UV_SYSTEM_CERTS ?= true

# Size of the demo; `make demo CUSTOMERS=20000 TRANSACTIONS=1000000` makes a large one. ARGS passes
# more options of the generator on: `make generate ARGS=--overwrite`.
CUSTOMERS ?= 1000
TRANSACTIONS ?= 50000
SEED ?= 42
START ?= 2023-01-01
GENERATE := --customers $(CUSTOMERS) --transactions $(TRANSACTIONS) --seed $(SEED) --start $(START) $(if $(END),--end $(END)) $(ARGS)

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# ---------------------------------------------------------------- environment
.venv/uv:
	@test -n "$(PYTHON)" || { echo "No Python found: install Python 3.11 or newer, then run make again." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "$(PYTHON) is not Python 3.11 to 3.13: run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# The project itself goes in last: its `dbt` command stands before dbt-core's (see pyproject.toml).
.venv/core: .venv/uv requirements.txt pyproject.toml
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(RUN) -r requirements.txt
	$(BIN)/uv pip install --quiet --python $(RUN) --no-deps --reinstall --editable .
	@touch $@

.venv/apps: .venv/core requirements-apps.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(RUN) -r requirements-apps.txt
	$(BIN)/uv pip install --quiet --python $(RUN) --no-deps --reinstall --editable .
	@touch $@

.venv/dev: .venv/core requirements-dev.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(RUN) -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(RUN) --no-deps --reinstall --editable .
	@touch $@

.PHONY: setup apps dev deps lock
setup: .venv/core ## Install what is needed to run (.venv)
apps: .venv/apps ## Install what serves the warehouse, too: API, dashboard, orchestration
dev: .venv/dev ## Install what is needed to develop, too
deps: .venv/core ## Install dbt packages (from the hub, or the stand-in where it cannot be reached)
	$(BIN)/dbt deps
lock: .venv/uv ## Resolve the dependencies of pyproject.toml anew into requirements*.txt
	$(COMPILE) --extra apps --extra dev pyproject.toml -o requirements-dev.txt
	$(COMPILE) --extra apps -c requirements-dev.txt pyproject.toml -o requirements-apps.txt
	$(COMPILE) -c requirements-dev.txt pyproject.toml -o requirements.txt

# ---------------------------------------------------------------- the warehouse
.PHONY: demo start generate build reports day backfill duckdb dagster psql docs
demo: generate build reports ## From nothing to the first report: server, data, dbt build, reports
	@$(RUN) -m analytics_viz.open reports/index.html

start: .venv/core ## Start the embedded PostgreSQL (or check the server of DB_HOST)
	$(RUN) -m warehouse start

generate: start ## Simulate the bank and load its batches into bronze
	$(RUN) -m generator $(GENERATE)
	$(RUN) -m warehouse load

build: start ## dbt build: models, snapshots and tests
	$(BIN)/dbt build

reports: start ## Write the HTML reports to reports/
	$(RUN) analytics_viz/run_all_viz.py

.PHONY: api
api: .venv/apps start ## Serve the analytics API on http://localhost:8000 (API_PORT moves it)
	$(RUN) -m api serve

DASHBOARD_PORT ?= 8501
.PHONY: dashboard
dashboard: .venv/apps start ## The dashboard on http://localhost:8501 (DASHBOARD_PORT moves it)
	$(BIN)/streamlit run dashboard/app.py --server.port $(DASHBOARD_PORT)

.PHONY: train
train: start ## Fit the models of gold.predictive_analytics anew on this warehouse (writes seeds/models)
	$(RUN) -m training

duckdb: start .venv/apps ## Gold and dst as one read-only DuckDB file and as Parquet, in data/laptop/
	$(RUN) -m warehouse duckdb

DAY = $(RUN) -m pipeline
DAY_OPTIONS = $(if $(DAY_TRANSACTIONS),--day-transactions $(DAY_TRANSACTIONS)) $(ARGS)

day: start ## One more day, to the reports: make day DATE=2026-11-21 (without DATE: yesterday)
	$(DAY) day $(if $(DATE),--date $(DATE)) $(DAY_OPTIONS)

backfill: start ## Several days in one go: make backfill FROM=2026-11-21 TO=2026-11-23
	@test -n "$(FROM)" -a -n "$(TO)" || { echo "Say which days: make backfill FROM=2026-11-21 TO=2026-11-23" >&2; exit 2; }
	$(DAY) backfill --from $(FROM) --to $(TO) $(DAY_OPTIONS)

# Its history, queue and schedules are in .dagster/; one run at a time.
DAGSTER_PORT ?= 3000
dagster: export DAGSTER_HOME ?= $(CURDIR)/.dagster
dagster: .venv/apps start ## The warehouse in Dagster on http://localhost:3000 (DAGSTER_PORT moves it)
	mkdir -p $(DAGSTER_HOME)
	cp orchestration/dagster.yaml $(DAGSTER_HOME)/dagster.yaml
	$(BIN)/dbt parse --quiet
	$(BIN)/dagster dev --host 127.0.0.1 --port $(DAGSTER_PORT) --module-name orchestration.definitions

psql: start ## Open psql in the warehouse
	$(RUN) -m warehouse psql

docs: start ## Build and serve the documentation site on http://localhost:8080
	$(BIN)/dbt docs generate
	$(BIN)/dbt docs serve --port 8080

# ---------------------------------------------------------------- quality
.PHONY: check test truth bench
check: .venv/dev ## Style, types and structure: ruff, mypy, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(RUN) -m api check
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 models tests/generic tests/integrity

# Two processes; each file runs as a whole in one of them.
test: check ## All tests, on servers and data of their own
	$(RUN) -m pytest -n 2

truth: .venv/dev ## Do the 95 % intervals contain the truth in 95 % of cases? 20 simulated banks; 60 days in any order; 45 minutes
	$(RUN) -m pytest -m slow -s tests/truth

bench: .venv/dev ## The speeds promised in docs/benchmarks.md, as ratios measured in one run
	$(RUN) -m tests.benchmarks

# ---------------------------------------------------------------- tidy up
.PHONY: stop clean
stop: ## Stop the embedded server; its data stay
	@test ! -x $(RUN) || $(RUN) -m warehouse stop

clean: stop ## Delete the server with its data, generated files, reports and the environment
	rm -rf .pg .dagster data reports target logs dbt_packages .venv
