# The two main commands: `make demo` runs the whole system on this machine, `make test` runs the tests.
# Needed: Python 3.11 or newer and make. Everything else comes from hash-pinned requirements into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECK := .venv-check
CHECKOV := .venv-checkov
STAGE ?= dev
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r

# Without bytecode each of the many processes that the tests start would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test coverage browser chromium lasting api openapi schema layout lint check fuzz chaos bench build deploy page smoke licences lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.local ## what the local cloud and the command line need
	@$(BIN)/python -m release.openapi.build

demo: $(VENV)/.local ## the main task on samples/: five sheets read, stored, graded; report in out/
	@$(BIN)/gradeline demo

serve: $(VENV)/.local ## the local cloud with API, drop folder and page, until Ctrl-C
	@$(BIN)/gradeline serve

# Three workers on two cores: many tests wait, for a browser or for executions to end.
test: lint chromium ## every test that needs Python alone (under eight minutes on two cores)
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

coverage: $(VENV)/.test ## the unit and integration tests with the lines that they miss; shown, not a gate
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/unit tests/integration --cov --cov-report=term:skip-covered

browser: ## Debian's Chromium for the tests of the page (needs root)
	@tests/browser/install.sh asked

chromium:
	@tests/browser/install.sh

lasting: $(VENV)/.test ## `gradeline serve` killed at 20 random moments under load: nothing accepted lost
	@$(BIN)/python -m benchmarks.kills --kills 20

fuzz: $(VENV)/.test ## 5,000 damaged and hostile files and 20 times the examples of papers and sheets: make fuzz [FILES=…] [SEED=…]
	@PYTHONPATH=functions $(BIN)/python -m tests.unit.extract.fuzzing --files $(or $(FILES),5000) $(if $(SEED),--seed $(SEED))
	@EXAMPLES_FACTOR=20 $(BIN)/python -m pytest --timeout 1800 tests/unit/grade/paper tests/unit/grade/sheet $(if $(SEED),--hypothesis-seed $(SEED))

api: $(VENV)/.test ## requests generated from the API description, sent to the real API: make api [EXAMPLES=…] [SEED=…]
	@API_EXAMPLES=$(or $(EXAMPLES),300) API_SEED=$(or $(SEED),1) $(BIN)/python -m pytest tests/api

openapi: $(VENV)/.test ## generates the API description (openapi.json, docs/api.md) from the code
	@$(BIN)/python -m release.openapi

schema: $(VENV)/.test ## writes the table of question types in docs/grading.md, and the marking scheme's JSON schema
	@PYTHONPATH=functions $(BIN)/python docs/draw_question_types.py

layout: $(VENV)/.test ## writes the list of modules in docs/architecture.md
	@$(BIN)/python docs/draw_layout.py

lint: $(VENV)/.test ## ruff, mypy --strict, the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=functions $(BIN)/lint-imports --no-cache

check: $(VENV)/.test ## what needs Node, the runtime's Python or the package index (SAM, cfn-lint, ASL)
	@$(MAKE) --silent --keep-going $(CHECK)/.ready $(CHECKOV)/.ready || echo "The tools could not be installed; what needs them is skipped." >&2
	@$(BIN)/python -m pytest tests/check -n 2 --dist loadgroup

chaos: $(VENV)/.test ## chaos test: the whole flow under injected faults, five seeds; and that the harness detects losses (half an hour)
	@mkdir -p out && PYTHONPATH=functions $(BIN)/python -m benchmarks.chaos --submissions 300 --seed 1 2 3 4 5 --markdown out/chaos.md
	@PYTHONPATH=functions $(BIN)/python -m benchmarks.chaos --guards

bench: $(VENV)/.test ## speed, growth and cost measured in one run (under ten minutes); benchmarks/results.md
	@PYTHONPATH=functions $(BIN)/python -m benchmarks

build: $(CHECK)/.ready $(VENV)/.local ## builds what is deployed, in .aws-sam/build, with the API description and bytecode
	@$(BIN)/python -m release.openapi.build
	@SAM_CLI_TELEMETRY=0 $(CHECK)/bin/sam build
	@$(CHECK)/bin/python release/bytecode.py .aws-sam/build

deploy: build ## builds and deploys a release: make deploy STAGE=dev [PARAMETERS="Key=Value …"] [GUIDED=1]
	@$(CHECK)/bin/python release/release.py $(STAGE) $(if $(GUIDED),--guided) $(if $(CONFIRMED),--confirmed) $(PARAMETERS)
	@PYTHONPATH=functions $(CHECK)/bin/python release/web_page.py $(STAGE)

page: $(CHECK)/.ready ## uploads the web page of a deployed stack: make page STAGE=dev
	@PYTHONPATH=functions $(CHECK)/bin/python release/web_page.py $(STAGE)

smoke: $(VENV)/.local ## smoke test of a deployed stack: make smoke API=https://… (token in GRADELINE_TOKEN)
	@$(BIN)/gradeline smoke --api "$(API)"

licences: $(VENV)/.test ## the licences of all dependencies, in docs/licences.md
	@$(BIN)/python release/licences.py > docs/licences.new && mv docs/licences.new docs/licences.md

lock: ## pins every requirement with hashes (needs uv)
	@requirements/lock.sh

clean: ## both environments and everything that was built
	rm -rf $(VENV) $(CHECK) $(CHECKOV) .aws-sam out .gradeline functions/results/openapi.json

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gradeline needs Python 3.11 or newer; name one with PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The checkout itself, in place: its import roots and the command `gradeline` (pyproject.toml).
EDITABLE := -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .

$(VENV)/.local: requirements/local.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the local cloud needs (about a minute, once) ..."
	@$(BIN)/python $(INSTALL) requirements/local.txt
	@$(BIN)/python $(EDITABLE)
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need (about a minute, once) ..."
	@$(BIN)/python $(INSTALL) requirements/test.txt
	@$(BIN)/python $(EDITABLE)
	@touch $@ $(VENV)/.local

$(CHECK)/.ready: requirements/check.txt
	@echo "Installing what the checks of the stack need (once) ..."
	@$(PYTHON) -m venv $(CHECK)
	@$(CHECK)/bin/python $(INSTALL) requirements/check.txt
	@touch $@

$(CHECKOV)/.ready: requirements/checkov.txt
	@echo "Installing the policy scanner (once) ..."
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/python $(INSTALL) requirements/checkov.txt
	@touch $@
