# What one does with this repository. `make` alone lists it. Needed: Rust (rustup), Python 3.11, a C
# compiler; everything else is installed into .local.
#
# Every cargo command selects the whole workspace and sets no RUSTFLAGS, so that all of them share
# one set of compiled dependencies: `--package` would unify features anew and `-Dwarnings` as a flag
# would compile everything again. Warnings are errors in `check` only.

PYTHON ?= python3
SEEDS ?= 300
MANY_SEEDS = $(shell [ $(SEEDS) -lt 2000 ] || echo --profile sim)
STAGE ?= staging
CLOUD := $(PYTHON) infra/local/cloud.py
JOURNEYS := cargo test --workspace --test e2e --
VENV := .local/venv/bin/python
SAM := .local/sam/bin

FUNCTIONS := $(notdir $(wildcard functions/*))

# Integration tests that run in a target of their own, and all the others.
APART := e2e simulation tidy bench
define OTHER_TESTS
import json, sys
apart = set("$(APART)".split())
names = {t["name"] for p in json.load(sys.stdin)["packages"] for t in p["targets"] if "test" in t["kind"]}
print(*(f"--test {name}" for name in sorted(names - apart)))
endef
export OTHER_TESTS

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset audit books test check unit tidy template sim e2e bench snapshots build deploy

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## the whole platform on this machine, with the main job and a teaching day shown; DEMO_ONESHOT=1 ends by itself
	@$(CLOUD) demo

demo-reset: ## forget the demo's records
	@$(CLOUD) reset

audit: ## verify the audit of the running demo: every segment, every version
	@$(CLOUD) audit

books: ## add up the journal of the running demo, school by school and day by day
	@$(CLOUD) books

test: check unit tidy template sim e2e ## everything CI runs

check: ## formatting and lints, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

unit: ## tests of rules, records, operations
ifneq (,$(shell command -v cargo-nextest 2>/dev/null))
	cargo nextest run --workspace --no-fail-fast --no-tests=pass -E 'not ($(foreach name,$(APART),binary(=$(name)) |) none())'
else
	cargo test --workspace --no-fail-fast --lib --bins $$(cargo metadata --no-deps --format-version 1 | $(PYTHON) -c "$$OTHER_TESTS")
endif

tidy: ## the architecture as a test
	cargo test --workspace --test tidy

template: ## template.yaml: lint for both China regions, and its rules
	@$(CLOUD) prepare
	$(VENV) .local/venv/bin/cfn-lint -r cn-north-1 cn-northwest-1 -t template.yaml
	$(VENV) -m pytest tests/template

sim: ## the simulated world; SEEDS=n, of which many are played by an optimised build
	SEEDS=$(SEEDS) cargo test --workspace --test simulation $(MANY_SEEDS) -- --nocapture

# Bills are read before anybody else is at work: what nobody told of is to be found by them, and not by the sweep, which
# asks for each payment after a minute. The city is told when everybody has gone home.
e2e: ## journeys over a fresh local cloud
	@$(CLOUD) run -- sh -c '$(JOURNEYS) bill:: && $(JOURNEYS) --test-threads 16 --skip bill:: --skip supervision:: \
		&& $(JOURNEYS) supervision::'

bench: .local/bench/ready ## cost, cold start and size, one JSON line per figure
	cargo build --release --package bill-bench $(foreach name,$(FUNCTIONS),--package $(name))
	$(PYTHON) infra/bench/reconcile.py target/release/bill-bench .local/bench/bin/python
	$(PYTHON) infra/bench/start.py target/release $(FUNCTIONS)
	cargo test --workspace --test bench -- --nocapture

snapshots: ## accept what the snapshot tests now produce; read the difference before you commit it
	UPDATE=1 cargo test --workspace --test openapi --test tidy --test authorization --test schemas
	INSTA_UPDATE=always $(MAKE) unit

build: .local/sam/ready ## release binaries for Lambda, by SAM
	PATH="$(CURDIR)/$(SAM):$$PATH" SAM_CLI_TELEMETRY=0 SAM_CLI_BETA_RUST_CARGO_LAMBDA=1 $(SAM)/sam build

deploy: build ## to the account of the current credentials; STAGE=staging or prod
	SAM_CLI_TELEMETRY=0 $(SAM)/sam deploy --config-env $(STAGE)

.local/sam/ready: infra/local/requirements-deploy.txt
	$(PYTHON) -m venv --clear .local/sam
	$(SAM)/pip install --quiet --disable-pip-version-check -r $<
	touch $@

.local/bench/ready: infra/bench/requirements.txt
	$(PYTHON) -m venv --clear .local/bench
	.local/bench/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@
