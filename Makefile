# LeaseDesk. `make` alone lists what can be done. Needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
LOCK := $(UV) pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --universal

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test nights faults charge-faults fuzz check lint types imports tables format lock pictures clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Install LeaseDesk into .venv.

install-dev: $(VENV)/.installed-dev ## Install what tests and checks need as well.

run: install ## Start everything at http://127.0.0.1:8000 (PORT); stop with Ctrl+C.
	@$(BIN)/leasedesk up

test: install-dev ## Run all tests on embedded servers. ARGS="-k word" chooses, JOBS=4 speeds up.
	@if $(BIN)/python -m tests.chromium; then \
		$(BIN)/python -m pytest -n $(JOBS) $(ARGS); \
	elif [ "$$CI" = true ]; then \
		exit 1; \
	else \
		$(BIN)/python -m pytest -n $(JOBS) -m "not browser" $(ARGS); \
	fi

nights: install-dev ## Play a thousand random nights of card charges (SEEDS) and look for a card charged twice.
	LEASEDESK_TEST_SEEDS=$(or $(SEEDS),1000) $(BIN)/python -m pytest tests/autopay/test_simulation.py -q -k nobody --timeout=0

faults: install-dev ## Kill workers and the timetable in the middle of thirty ends of day (ROUNDS) and compare every row afterwards.
	LEASEDESK_TEST_ROUNDS=$(or $(ROUNDS),30) $(BIN)/python -m pytest tests/faults/test_end_of_day_killed.py -q -k nobody --timeout=0 --durations=1

fuzz: install-dev ## Break two thousand files (FILES) in seeded ways and import them: always a sentence, never half an import.
	LEASEDESK_TEST_FILES=$(or $(FILES),2000) $(BIN)/python -m pytest tests/portfolio/test_import_fuzzed.py -q -k whole --timeout=0

charge-faults: install-dev ## Kill processes at every marked point of a charge and let Square answer whatever it can; each card is charged once.
	LEASEDESK_TEST_CHARGE_FAULTS=1 $(BIN)/python -m pytest tests/faults/test_charges_killed.py -q --timeout=0 --durations=15

check: lint types imports tables ## Check style, types, who imports whom, and that the migrations make what the models say.

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/mypy

imports: install-dev
	$(BIN)/lint-imports --no-cache

# On a database of its own below /tmp, made by the migrations and gone afterwards.
tables: install-dev
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && chmod 711 "$$home" && \
		env -u DATABASE_URL -u REDIS_URL -u LEASEDESK_MODE LEASEDESK_HOME="$$home" $(BIN)/leasedesk db check

format: install-dev ## Rewrite the code in the common style.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.installer ## Resolve all versions again and write the requirements files.
	$(LOCK) pyproject.toml -o requirements.txt --upgrade
	$(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt --upgrade
	$(LOCK) --group bench -c requirements.txt -o requirements-bench.txt --upgrade
	printf 'uv\nsetuptools>=80\n' | $(LOCK) - -o requirements-install.txt --upgrade

pictures: install-dev ## Take the pictures of the README anew, from a fresh demonstration.
	$(BIN)/python -m docs.pictures.make

clean: ## Remove what the tools have made, but neither .venv nor .leasedesk.
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/.installer: requirements-install.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "LeaseDesk needs Python 3.11 or newer; choose one with: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv module does not work here; on Debian it comes with: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-install.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.installer requirements.txt pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@
