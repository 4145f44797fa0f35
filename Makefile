# Two commands do everything on a fresh machine with Python 3.11 and the package registries:
#   make rehearse    stand up dev on throwaway real servers and prove its access matrix
#   make test        every test
SHELL := bash
.DEFAULT_GOAL := help
# The first that is new enough, or else the first, which then says what to do.
PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	echo "$$python" && break; done),python3)
ENV ?= dev
BIN := .venv/bin

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: doctor
doctor: ## what this machine has, what it lacks, and the command that repairs it
	@"$(PYTHON)" -m tools.doctor

.PHONY: rehearse
rehearse: .venv/locked ## the main job on real servers; ENV=dev, KEEP=1 leaves them running
	@$(BIN)/python -m rehearsal --env $(ENV) $(if $(KEEP),--keep)

.PHONY: stop
stop: .venv/locked ## end what KEEP=1 left running; FOLDER=... as it was printed
	@$(BIN)/python -m rehearsal stop "$(FOLDER)"

.PHONY: adopt
adopt: .venv/locked ## install the provisioner in the Vault at ADDRESS=..., with VAULT_TOKEN, VAULT_CACERT
	@$(BIN)/python -m components.bootstrap --address "$(ADDRESS)" \
		$(if $(VAULT_CACERT),--ca-cert-file "$(VAULT_CACERT)")

.PHONY: test
# What is built first is not built within a test, which may take five minutes. A module's tests share
# servers, so a module stays with one worker.
TESTED := vault etcd kube-apiserver fortio promtool prometheus
WORKERS ?= auto
test: .venv/locked ## every test, those with real servers too; WORKERS=1 for one at a time
	@$(BIN)/python -m rehearsal.binaries $(TESTED)
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: .venv/locked ## style, formatting, workflows, and that policies/rendered/ is fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m policies render --check
	$(BIN)/shellcheck $$(grep -rlI "^#!.*bash" .github .ci)
	"$$($(BIN)/python -m rehearsal.binaries --path actionlint)" -shellcheck $(BIN)/shellcheck -pyflakes=
	$(BIN)/zizmor --offline --no-progress --quiet .github

# The tests have modules of the same name in different folders, hence a run of their own.
.PHONY: types
types: .venv/locked ## strict types
	$(BIN)/mypy policies components rehearsal migration attest upkeep supply client/vaultstack_client client/examples jobs/vaultstack_jobs
	$(BIN)/mypy __main__.py
	$(BIN)/mypy teams/__main__.py
	$(BIN)/mypy .github/scripts
	$(BIN)/mypy tools/*.py
	$(BIN)/mypy docs
	$(BIN)/mypy tests

.PHONY: render
render: .venv/locked ## write policies/rendered/ from the access matrix
	@$(BIN)/python -m policies render

.PHONY: guardrails
guardrails: .venv/locked ## write docs/guardrails.md from the rules
	@$(BIN)/python -m policies.guardrails.table

.PHONY: format
format: .venv/locked ## format the code and repair what can be
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: tools
tools: .venv/locked ## only find or build Vault, kube-apiserver and etcd
	@$(BIN)/python -m rehearsal tools

# These need several servers, which dev has not.
CLUSTER := $(or $(filter staging prod,$(ENV)),staging)

.PHONY: drill
drill: .venv/locked ## make a real cluster fail in every way, and measure it; ARGS="--only NAME"
	@$(BIN)/python -m rehearsal.drill --env $(CLUSTER) $(ARGS)

.PHONY: drill-client
drill-client: .venv/locked ## what an application notices of Vault's failures; ARGS="--only NAME"
	@$(BIN)/python -m rehearsal.client_drill --env $(CLUSTER) $(ARGS)

.PHONY: drill-restore
drill-restore: .venv/locked ## snapshot, destroy the cluster, restore it elsewhere, compare everything
	@$(BIN)/python -m rehearsal.restore_drill --env $(CLUSTER) $(ARGS)

.PHONY: drill-rolling
drill-rolling: .venv/locked ## restart and upgrade the servers one by one, under load
	@$(BIN)/python -m rehearsal.rolling_drill --env $(CLUSTER) $(ARGS)

.PHONY: drill-recovery
drill-recovery: .venv/locked ## follow the runbooks on a cluster that was hurt; ARGS="--only NAME"
	@$(BIN)/python -m rehearsal.recovery_drill --env $(CLUSTER) $(ARGS)

.PHONY: engine-test
engine-test: .venv/locked ## Pulumi's own engine on real servers, where it is on PATH; ARGS="--only NAME"
	@$(BIN)/python -m rehearsal.engine $(ARGS)

.PHONY: engine-cluster
engine-cluster: .venv/locked ## the same where the engine deploys the servers, too; ARGS="--env dev"
	@$(BIN)/python -m rehearsal.engine.kubernetes $(ARGS)

.PHONY: dashboard
dashboard: .venv/locked ## the dashboard, and its picture from a cluster under load
	@$(BIN)/python -m rehearsal.dashboard $(ARGS)

.PHONY: bench
bench: bench-load bench-scale ## all that can be measured: load, and what grows with the workloads

.PHONY: bench-load
bench-load: .venv/locked ## load on a real cluster, beside Vault's plain defaults
	@$(BIN)/python -m rehearsal.load --env $(CLUSTER) $(ARGS)

.PHONY: bench-scale
bench-scale: .venv/locked ## 10 to 10,000 workloads: time, memory, requests, into docs/scale.*
	@$(BIN)/python -m rehearsal.scale --json docs/scale.json --picture docs/scale.svg \
		--page docs/scale.md $(ARGS)

.PHONY: fuzz
fuzz: .venv/locked ## compare policies.acl with a real Vault on random policies; ARGS="--minutes 10"
	@$(BIN)/python -m rehearsal.fuzz $(ARGS)

.PHONY: audit
audit: .venv/locked ## what is known against all that is used here; ARGS="STEP ...": docs/supply-chain.md
	@$(BIN)/python -m supply $(ARGS)

.PHONY: audit-offline
audit-offline: .venv/locked ## of that, what asks nobody outside
	@$(BIN)/python -m supply --offline

.PHONY: mutate
mutate: .venv/locked ## make policies/ wrong in every way, and see whether its tests notice; ARGS="acl hcl.py"
	@$(BIN)/python -m rehearsal.mutation $(ARGS)

.PHONY: cost
cost: .venv/locked ## what each environment costs in a month on AWS, item by item
	@$(BIN)/python -m rehearsal.cost

.PHONY: pictures
pictures: .venv/locked ## the pictures of the packages, and of what a rehearsal prints
	@$(BIN)/python -m docs._ext.picture
	@$(BIN)/python -m rehearsal --picture docs/rehearse.svg

.PHONY: site
site: .venv/locked ## docs/ as a site to read, with the reference, in .cache/site
	@rm -rf .cache/site
	@[ -t 1 ] || quiet=-q; \
		$(BIN)/python -m sphinx -W --keep-going $$quiet -E -d .cache/site-doctrees docs .cache/site
	@$(BIN)/python -c 'import pathlib; print(pathlib.Path(".cache/site/index.html").resolve().as_uri())'

.PHONY: review-examples
review-examples: .venv/locked ## docs/review/: five pull requests, and the review of each
	@$(BIN)/python -m policies.review.examples

.PHONY: lock
lock: .venv/locked ## pin the newest releases that pyproject.toml allows
	$(BIN)/uv pip compile -q --universal --generate-hashes --upgrade --group dev pyproject.toml \
		--custom-compile-command "make lock" -o requirements.lock
	@# The jobs' image gets the very versions that the tests ran with.
	mkdir -p .cache
	sed -nE 's/^([a-z0-9._-]+)(\[.*\])?==([^ ;]+).*/\1==\3/p' requirements.lock > .cache/constraints.txt
	for lock in requirements build-requirements; do \
		$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-annotate \
			-c .cache/constraints.txt --custom-compile-command "make lock" \
			jobs/$$lock.in -o jobs/$$lock.lock; \
	done

.PHONY: clean
clean: ## remove the environment and the built servers
	rm -rf .venv .cache

.venv/locked: requirements.lock
	@command -v "$(PYTHON)" >/dev/null || { echo "$(PYTHON) is not on PATH: install Python 3.11 or newer" >&2; exit 1; }
	@"$(PYTHON)" -m tools.bootstrap
