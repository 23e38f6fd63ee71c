# Banyan. `make` or `make help` lists the targets.
.DEFAULT_GOAL := help
BIN := .venv/bin
# Where the environment is up to date, these two take a few hundredths of a second.
RUN_ENVIRONMENT := platform/environment.sh run
DEV_ENVIRONMENT := platform/environment.sh dev

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Set up everything and serve http://demo.localhost:8000 (PORT, BANYAN_HOME, DATABASE_URL, REDIS_URL)
	@$(RUN_ENVIRONMENT)
	@exec $(BIN)/banyan run

.PHONY: test
test: check ## All checks and all tests, browser tests included
	$(BIN)/pytest -n 2 $(ARGS)

.PHONY: check
check: environment ## Lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: environment ## Put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: environment ## Benchmarks as a table of ratios (SIZE=small takes under two minutes)
	$(BIN)/python -m benchmarks $(if $(SIZE),--size $(SIZE)) $(ARGS)

.PHONY: screenshots
screenshots: environment ## Take the pictures of README and docs from the running product
	$(BIN)/python -m docs.screenshots $(ARGS)

.PHONY: doctor
doctor: ## Say what is wrong with this installation
	@$(RUN_ENVIRONMENT)
	@$(BIN)/banyan doctor

.PHONY: environment
environment: ## Make or refresh .venv and the front-end files for development
	@$(DEV_ENVIRONMENT)

.PHONY: lock
lock: ## Pin Python and front-end packages anew (needs uv on PATH)
	for name in run dev setup node; do \
	    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	        --no-header requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	npm install --package-lock-only

.PHONY: clean
clean: ## Remove the environment and built files; data in .banyan stay
	rm -rf .venv node_modules build *.egg-info platform/kernel/web/static/vendor \
	    .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
