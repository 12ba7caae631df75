# Every target does its own set-up: Python 3.11 (or newer) and make are all a machine needs.
# Of several, a distribution's own goes first: it is built with all optimizations, and the tests take a fifth less time.
PYTHON ?= $(firstword $(foreach one,/usr/bin/python3.11 python3.11 python3,$(shell $(one) -c \
  'import ensurepip, venv, sys; print(sys.executable)' 2>/dev/null)) python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

export DO_NOT_TRACK := 1
# Where it is set, every process of the tests compiles all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo kills test matrix lint format unit sandbox bench-calls bench-mapping bench-burst bench-backfill bench-throughput record simulate reliability clean

help:            ## What can be made here
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

setup: $(READY)  ## The environment in .venv, from the lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Handoff Bridge needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv (about a minute, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

kills: $(READY)  ## Two syncs at once over HTTP with a fifth of all calls failing, killed and restarted 20 times
	@HANDOFF_KILLS=20 $(BIN)/python -m pytest -s tests/test_two_at_once.py

demo: $(READY)   ## Won deals become work in the CS platform, before your eyes; no account needed
	@$(BIN)/handoff demo

# Half of what these do is waiting: four at once. Only they are read, by each of the four.
WAITING = $(shell grep -rlE "mark\.(whole|process|flow)" tests --include="*.py")

test: $(READY)   ## Format, lint, types, arrows, tests: what CI runs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not whole and not process and not flow and not matrix"
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "whole or process or flow" $(WAITING)

matrix: $(READY) ## Every CRM with every platform over HTTP, on a quiet day and a bad one; rewrites docs/matrix.md
	@HANDOFF_MATRIX=write $(BIN)/python -m pytest -m matrix tests/matrix

lint: $(READY)   ## Format and lint only
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

format: $(READY) ## Put the code in shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

unit: $(READY)   ## The unit tests alone
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not whole and not process and not flow and not matrix"

sandbox: $(READY) ## Serve the stand-ins of every system
	@$(BIN)/handoff sandbox

DATA ?= ../shared/data/crm_sales_opportunities

bench-calls: $(READY) ## Count the calls a handoff costs, beside the floor; rewrites docs/calls.md (DATA=folder of the CSVs)
	@$(BIN)/python benchmarks/calls.py --data $(DATA) --write docs/calls.md
	@$(BIN)/python benchmarks/calls_to_totango.py --data $(DATA) --write docs/calls.md

BENCH := $(VENV)/.bench

$(BENCH): $(READY) requirements-bench.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-bench.lock
	@touch $@

bench-mapping: $(BENCH) ## Measure the mapping engine beside hand-written Python, jmespath, glom, jsonata; rewrites docs/speed.md
	@$(BIN)/python benchmarks/mapping_engine.py --write docs/speed.md

bench-burst: $(READY) ## Measure how long deals wait when many are won at once (simulated time); rewrites docs/burst.md
	@$(BIN)/python benchmarks/burst.py --write docs/burst.md

bench-backfill: $(READY) ## Measure backfill: beside live deals, killed, by two processes, by size; rewrites docs/backfill.md (DATA=...)
	@$(BIN)/python benchmarks/backfill.py --data $(DATA) --write docs/backfill.md

bench-throughput: $(BENCH) ## Count the handoffs a second of the core, and hold it beside peers; rewrites docs/throughput.md
	@$(BIN)/python benchmarks/throughput.py --write docs/throughput.md
	@$(BIN)/python benchmarks/peers.py --data $(DATA) --drt $(CURDIR)/$(BIN)/drt --write docs/throughput.md

simulate: $(READY) ## A million handoffs on bad days, and 50,000 of each other pair, by range in build/; none is played twice
	@$(BIN)/python -m tests.simulator --handoffs 1000000 --others 50000

HANDOFFS ?= 100000
OTHERS ?= 10000

reliability: $(READY) ## Simulate HANDOFFS handoffs, and OTHERS of each other pair; break assumptions and engine; rewrites docs/reliability.md
	@$(BIN)/python -m tests.simulator --handoffs $(HANDOFFS) --others $(OTHERS) --report docs/reliability.md

record: $(READY) ## Record the cassettes anew against a sandbox of its own (HANDOFF_RECORD=live: against a live tenant)
	@HANDOFF_RECORD=$${HANDOFF_RECORD:-sandbox} $(BIN)/python -m pytest tests/cassettes/test_recorded*.py

clean:           ## Remove what was set up
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
