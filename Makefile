# The commands of README.md and of CI; CI calls these and nothing else.
# `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

NEXTEST_VERSION := 0.9.143
CRATE_BUDGET := 32

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

# Debian's names of what the live tier's decoys are driven by; `command:package`.
LIVE_TOOLS := curl:curl ssh:openssh-client tnftp:tnftp lftp:lftp telnet:inetutils-telnet \
	ip:iproute2 unshare:util-linux openssl:openssl smbclient:smbclient xfreerdp:freerdp2-x11 Xvfb:xvfb nmap:nmap docker-compose:docker-compose \
	mariadbd:mariadb-server-core mariadb:mariadb-client-core wrk:wrk promtool:prometheus \
	perf:linux-perf heaptrack:heaptrack valgrind:valgrind chromium:chromium

.PHONY: live-tools
live-tools: ## install the clients of the live tier that are missing (needs apt and root)
	@missing=; for tool in $(LIVE_TOOLS); do \
		command -v "$${tool%%:*}" >/dev/null || missing="$$missing $${tool##*:}"; done; \
	[ -n "$$missing" ] || exit 0; \
	if ! command -v apt-get >/dev/null; then \
		echo "live-tools: missing:$$missing, and there is no apt-get: those tests will say so"; exit 0; fi; \
	sudo=; if [ "$$(id -u)" != 0 ]; then \
		if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo="sudo -n"; else \
		echo "live-tools: missing:$$missing, and only root can install them: those tests will say so"; exit 0; fi; fi; \
	echo "live-tools: installing$$missing"; \
	$$sudo apt-get -o DPkg::Lock::Timeout=120 update -qq || echo "live-tools: apt-get update failed"; \
	for package in $$missing; do \
		DEBIAN_FRONTEND=noninteractive $$sudo apt-get -o DPkg::Lock::Timeout=120 install -y -qq \
			--no-install-recommends "$$package" >/dev/null \
			|| echo "live-tools: no package $$package here: its tests will say so"; done

.PHONY: images
images: ## the images of docker and live_docker, without a registry (needs a Docker engine)
	@fixtures/images/make

.PHONY: hooks
hooks: tools ## git hooks: pre-commit (fmt, inspection, clippy, fast suite), pre-push (ci profile)
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

# ---- comparisons and the performance story ------------------------------------

PEERS := target/peers
PIP := pip install --quiet --disable-pip-version-check --requirement

$(PEERS)/%: fixtures/peers/requirements-%.txt
	python3 -m venv $@ || { rm -rf $@; exit 1; }
	$@/bin/$(PIP) $< || { rm -rf $@; exit 1; }
	@touch $@

.PHONY: locust-peer
locust-peer: tools $(PEERS)/locust ## a real Locust from PyPI against our files, column by column
	SHAKEDOWN_REQUIRE=locust $(NEXTEST) --profile stress --test stress -E 'test(/^locust_peer::/)'

.PHONY: story-peers
story-peers: tools $(PEERS)/fastapi ## the load of the story on a FastAPI service from PyPI
	STRESS_PEERS=1 SHAKEDOWN_REQUIRE=peers $(NEXTEST) --profile stress --test stress -E 'test(/^peers::/)'

# Every run that the story compares, then the story. About 27 s a run, 23 runs a round;
# STORY_ROUNDS=4 gives verdicts, since rounds take turns and so meet the same machine.
STORY_RUNS := /^(matrix|matrix_mysql|peers)::/
PROFILES := development/profiles

.PHONY: story-runs
story-runs: tools ## all runs of the story (11 minutes a round of STORY_ROUNDS), archived, and the story of them
	@$(MAKE) --no-print-directory $(PEERS)/fastapi \
		|| echo "story-runs: no FastAPI to be had: the story goes without it"
	@[[ "$${STORY_ROUNDS:-1}" =~ ^[1-9][0-9]*$$ ]] \
		|| { echo "error: STORY_ROUNDS is \`$$STORY_ROUNDS\`; it takes a number, 1 or more" >&2; exit 2; }; \
	runs=0; for round in $$(seq $${STORY_ROUNDS:-1}); do \
		echo "story-runs: round $$round of $${STORY_ROUNDS:-1}"; \
		STRESS_MATRIX=1 STRESS_PEERS=1 STRESS_USERS=$${STRESS_USERS:-1500} \
		STRESS_SPAWN_RATE=$${STRESS_SPAWN_RATE:-500} STRESS_DURATION=$${STRESS_DURATION:-20s} \
		$(NEXTEST) --profile stress --test stress -E 'test($(STORY_RUNS))' || runs=$$?; done; \
	$${CARGO_TARGET_DIR:-target}/debug/cargo-shakedown shakedown story $(PROFILES); exit $$runs

.PHONY: soak
soak: tools ## the ingest mix for STRESS_SOAK (30m)
	STRESS_SOAK=$${STRESS_SOAK:-30m} SHAKEDOWN_REQUIRE=soak $(NEXTEST) --profile stress --test stress -E 'test(/^soak::/)'

# What ships where nobody looks: decnet without its lenses.
PLAIN := $(CURDIR)/target/plain

# Not part of CI: it builds decnet's dependencies twice more (4 minutes on 2 cores).
.PHONY: plain-build
plain-build:
	$(CARGO) build --release --locked -p decnet --target-dir $(PLAIN)

.PHONY: plain
plain: tools plain-build ## decnet built without features, into target/plain, and the tests of that build
	STRESS_DECNET_PLAIN=$(PLAIN)/release/decnet SHAKEDOWN_REQUIRE=plain \
	$(NEXTEST) --profile live --test live -E 'test(/^without_lenses::/)'
	$(CARGO) test --locked -p decnet --lib -- config:: # what is compiled without features alone

# Not part of CI: alternating runs on a machine that does nothing else (half an hour).
.PHONY: lens-costs
lens-costs: tools plain-build ## what each lens costs, off and on, at saturation and at the published load
	STRESS_LENSES=1 SHAKEDOWN_REQUIRE=lenses STRESS_USERS=$${STRESS_USERS:-1500} \
	STRESS_SPAWN_RATE=$${STRESS_SPAWN_RATE:-1500} STRESS_DURATION=$${STRESS_DURATION:-8s} \
	STRESS_LENS_ROUNDS=$${STRESS_LENS_ROUNDS:-6} STRESS_LENS_PAGE=$${STRESS_LENS_PAGE:-1} \
	STRESS_DECNET_PLAIN=$(PLAIN)/release/decnet \
	$(NEXTEST) --profile stress --test stress --no-capture -E 'test(/^lens_costs::/)'

# ---- what a merge waits for -------------------------------------------------

.PHONY: fmt
fmt: ## formatting
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fixtures/sample/Cargo.toml --all --check

.PHONY: lint
lint: ## clippy, warnings denied
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked -p decnet -- -D warnings # without `tracing-otel`, which the tests turn on

.PHONY: inspect
inspect: ## static inspection of all sources (BASE=revision: new public items need a test)
	$(CARGO) run --locked --quiet --features cli --bin cargo-shakedown -- inspect $(if $(BASE),--base $(BASE))

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

# The ci profile with a small case count and a five-second load. Where there is
# an engine the tier live_docker is consented to.
.PHONY: ci-tests
ci-tests: tools live-tools
	export DECNET_LIVE_DOCKER=$${DECNET_LIVE_DOCKER:-1}; \
	FUZZ_REQUESTS=$${FUZZ_REQUESTS:-2000} PROPTEST_CASES=$${PROPTEST_CASES:-64} \
	STRESS_USERS=$${STRESS_USERS:-50} STRESS_DURATION=$${STRESS_DURATION:-5s} \
	$(NEXTEST) --profile ci

# The clients of the live tier come from the network while the compiler has the
# cores; ci-tests waits for them. The inspection is a test of the fast suite.
.PHONY: ci
ci: ## all that merging needs, ending in nextest's summary
	@$(MAKE) --no-print-directory live-tools & \
	$(MAKE) --no-print-directory fmt lint doc doctest budget; wait $$!
	@$(MAKE) --no-print-directory ci-tests
