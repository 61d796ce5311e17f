# The commands of README.md and of CI; CI calls these and nothing else.
# `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

NEXTEST_VERSION := 0.9.143
CRATE_BUDGET := 32
MARIADB_TOOLS := mariadb-server-core mariadb-client-core

CARGO := cargo
NEXTEST := $(CARGO) nextest run --locked

.PHONY: help
help: ## this list
	@grep -hE '^[a-z][a-z_ -]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  make %-36s %s\n", $$1, $$2 }'

# ---- set-up -----------------------------------------------------------------

.PHONY: tools
tools: ## install cargo-nextest where it is missing
	@$(CARGO) nextest --version >/dev/null 2>&1 || { \
		echo "cargo-nextest is missing: installing $(NEXTEST_VERSION) (some minutes)"; \
		$(CARGO) install --locked cargo-nextest@$(NEXTEST_VERSION); }

.PHONY: live-tools
live-tools: ## what the `live` tier drives, from Debian (needs root)
	apt-get install -y --no-install-recommends $(MARIADB_TOOLS)

.PHONY: hooks
hooks: tools ## git hooks: pre-commit (fmt, clippy, fast suite), pre-push (ci profile)
	@git config core.hooksPath .githooks
	@echo "hooks installed: green before commit, green before merge"

# ---- tiers ------------------------------------------------------------------

.PHONY: test
test: tools ## the fast suite
	$(NEXTEST)

.PHONY: stress
stress: tools ## load a real server process on embedded SQLite; CSVs and verdict
	$(NEXTEST) --profile stress

.PHONY: fuzz live live_docker bench docker all
fuzz live live_docker bench docker all: tools ## that tier (`all`: every one)
	$(NEXTEST) --profile $@

# ---- what a merge waits for -------------------------------------------------

.PHONY: fmt
fmt: ## formatting
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fixtures/sample/Cargo.toml --all --check

.PHONY: lint
lint: ## clippy, warnings denied
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

.PHONY: doc
doc: ## documentation, warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --all-features --no-deps

.PHONY: doctest
doctest: ## the examples in the documentation
	$(CARGO) test --locked --doc --workspace --all-features

.PHONY: budget
budget: ## crates that a user's default build resolves, held under a budget
	@count=$$($(CARGO) tree --locked -p shakedown -e normal,build --prefix none --format '{p}' \
		| sed 's/ (\*)$$//; s/ (proc-macro)$$//' | sort -u | grep -vc '^shakedown '); \
	echo "default features resolve $$count crates for a user (budget $(CRATE_BUDGET))"; \
	[ "$$count" -le $(CRATE_BUDGET) ] || { \
		echo "error: over budget; move the newcomer behind a feature" >&2; exit 100; }

# The ci profile with a small case count and a five-second load.
.PHONY: ci-tests
ci-tests: tools
	FUZZ_REQUESTS=$${FUZZ_REQUESTS:-2000} PROPTEST_CASES=$${PROPTEST_CASES:-64} \
	STRESS_USERS=$${STRESS_USERS:-50} STRESS_DURATION=$${STRESS_DURATION:-5s} \
	$(NEXTEST) --profile ci

.PHONY: ci
ci: fmt lint doc doctest budget ci-tests ## all that merging needs, ending in nextest's summary
