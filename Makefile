# `make demo` and `make test` work on a bare Debian or Ubuntu machine with Python 3.11, git and make.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-compose translations test test-unit test-integration test-browser test-scenarios test-compose test-all check bench scale chaos stop clean
BIN := .venv/bin
# Some machines forbid byte code; every process would compile all of this project's modules at its start.
export PYTHONDONTWRITEBYTECODE :=
PYTEST := $(BIN)/python -m pytest $(if $(PROFILE),--hypothesis-profile '$(PROFILE)')
# Scenarios and pages mostly wait, each with a system of their own; two processes test the services meanwhile.
PARALLEL := -n 4 --dist loadscope --no-loadscope-reorder

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

setup: ## Python environment and broker; done by the others when needed
	@infra/setup.sh

demo: setup ## the whole system, with presses arriving live; KEEP=1 leaves it up
	@$(BIN)/stalkingalarm demo $(if $(filter 1,$(KEEP)),--keep)

demo-compose: setup ## the same in containers; installs and starts Docker when there is none
	@infra/docker/engine.sh
	@$(BIN)/stalkingalarm demo --containers $(if $(filter 1,$(KEEP)),--keep)

test: ## every test that this machine can run, in four processes; ARGS="-k name" for some, in one
	@infra/setup.sh tests
ifdef ARGS
	@$(PYTEST) $(ARGS)
else
	@$(MAKE) --no-print-directory test-front
	@$(PYTEST) $(PARALLEL)
endif

test-unit: ## rules and contracts: no server
	@infra/setup.sh tests
	@$(PYTEST) tests/unit tests/contract

test-integration: ## one service or two, with servers of their own
	@infra/setup.sh tests
	@$(PYTEST) $(PARALLEL) tests/integration

test-browser: ## pages in Chromium, on a running system
	@infra/setup.sh tests
	@$(PYTEST) tests/browser

test-scenarios: ## the story end to end, on a running system
	@infra/setup.sh tests
	@$(PYTEST) tests/scenarios

test-compose: setup ## in containers: what is true of containers only, and one scenario of each kind; ARGS for others
	@infra/docker/engine.sh
	@SYSTEM=containers $(PYTEST) --timeout 600 $(or $(ARGS),tests/containers tests/scenarios -m in_containers)

test-all: ## before a release: long properties in full, every scenario in containers, every fault (two hours)
	@$(MAKE) test PROFILE="before a release"
	@$(MAKE) test-compose ARGS="tests/containers tests/scenarios"
	@$(MAKE) chaos BUDGET=90m

check: setup ## ruff, mypy, import-linter, dead code, links in the documentation, and check-front
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@! $(BIN)/vulture | grep -vE 'unused (variable|attribute)'
	@$(BIN)/python -m tests.support.links
	@$(MAKE) --no-print-directory check-front

# What package.json says, with the Node.js in .venv.
FRONT := PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent
.PHONY: check-front test-front

check-front: setup ## Biome and TypeScript, for the scripts of the pages; part of check
	@infra/setup.sh front
	@$(FRONT) check

test-front: setup ## what the scripts of the pages decide, in Node.js; part of test
	@infra/setup.sh front
	@$(FRONT) test

translations: setup ## the catalogues of texts as the sources need them, and what pages read of them
	@$(BIN)/python -m tools.dev.translations

bench: setup ## floor, latency at 20 and 100 presses a second, highest sustained rate
	@$(BIN)/stalkingalarm bench

scale: setup ## several lanes of alarms, and a thousand heartbeats a second beside presses
	@$(BIN)/stalkingalarm scale

chaos: ## every fault, with presses going on; SEED=1 BUDGET=15m, CI=1 for a fixed part, ARGS="--only kill"
	@infra/setup.sh chaos
	@$(if $(filter 1,$(CI)),:,infra/docker/engine.sh)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(BUDGET),--budget $(BUDGET)) \
		$(if $(filter 1,$(CI)),--ci) $(ARGS)

stop: ## stop what runs from this checkout
	@test ! -x $(BIN)/stalkingalarm || $(BIN)/stalkingalarm down

clean: stop ## stop, and delete everything that was set up or stored here
	@test ! -x $(BIN)/stalkingalarm || $(BIN)/stalkingalarm wipe
	@rm -rf .venv .uv .run node_modules
