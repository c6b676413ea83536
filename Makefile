# The interpreter that .venv is made of: any Python from 3.10 on.
PYTHON ?= python3
# The image that `make image` builds, and what it is built on (empty: the Dockerfile's own).
IMAGE ?= imds-guard:dev
BASE ?=
ENGINE ?= docker

BIN := .venv/bin
LOCKED := .venv/.locked
INSTALLED := .venv/.installed
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--no-build --no-header --no-emit-index-url --no-emit-find-links

SECONDS ?= 60
FUZZ := .venv/.fuzz

.PHONY: help demo check lint types test cluster-test verdicts parts docs bench fuzz sbom audit-pins lock image clean

help:
	@echo 'make demo    see imds-guard at work on the examples'
	@echo 'make check   lint and types'
	@echo 'make test    lint, types and tests'
	@echo 'make parts   renew config/parts.py, which is made from the models of the configuration'
	@echo 'make docs    renew the pages of docs/ that are made from the code'
	@echo 'make cluster-test  try all on a real API server and enforcer, in namespaces of their own'
	@echo 'make bench   measure it against its baselines, into docs/ (BENCH_FLAGS=--quick: no page)'
	@echo 'make fuzz    look for inputs that break a property, for SECONDS=$(SECONDS), or RUNS='
	@echo 'make sbom    write the bill of materials to dist/sbom.cdx.json'
	@echo 'make audit-pins  ask for known weaknesses of what is pinned'
	@echo 'make image   build the container image $(IMAGE)'
	@echo 'make lock    renew the hash-locked requirements (LOCK_FLAGS=--upgrade for newer versions)'
	@echo 'make clean   remove all that make made'

demo: $(INSTALLED)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

check: lint types

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

test: check
	$(BIN)/pytest -q -n auto $(PYTEST_FLAGS)

# What cannot be made stays as it was.
parts: $(INSTALLED)
	@file=function/imds_guard/config/parts.py; \
		$(BIN)/python -m imds_guard.config.table > $$file.new \
			&& $(BIN)/ruff format --quiet --stdin-filename $$file - < $$file.new > $$file.made \
			&& mv $$file.made $$file; status=$$?; rm -f $$file.new $$file.made; exit $$status

# Each page has the name of its module with it. One that cannot be made stays as it was.
docs: $(INSTALLED)
	@for page in findings:rule_docs platforms:platforms; do \
		file=docs/$${page%%:*}.md module=imds_guard.report.$${page#*:}; \
		echo "$$module > $$file"; \
		$(BIN)/python -m $$module > $$file.new && mv $$file.new $$file \
			|| { rm -f $$file.new; exit 1; }; \
	done

# First the programs, with a line that shows how far their build is. docs/cluster-plane.md says more.
# exec: make hands a signal on to its child alone, which would otherwise be a shell.
cluster-test: $(INSTALLED)
	$(BIN)/python -m tests.cluster build
	exec env IMDS_GUARD_CLUSTER=1 $(BIN)/pytest -q tests/cluster $(PYTEST_FLAGS)

# The same with more sets, as a release is held to, and the page that says what came of it.
verdicts:
	IMDS_GUARD_SETS=2000 IMDS_GUARD_SCENARIOS=200 IMDS_GUARD_POLICIES=5000 \
		IMDS_GUARD_VERDICTS=docs/verdicts.md \
		$(MAKE) cluster-test

# A quick run is too short to publish.
bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.run $(if $(BENCH_FLAGS),$(BENCH_FLAGS),--write docs)

# A Python or a system that the fuzzer has no wheel for is told so, by fuzz itself.
fuzz: $(FUZZ)
	$(BIN)/python -m fuzz $(if $(RUNS),--runs $(RUNS),--seconds $(SECONDS)) $(TARGETS)

$(FUZZ): $(INSTALLED) requirements-fuzz.txt
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
		--require-hashes -r requirements-fuzz.txt
	touch $@

sbom:
	mkdir -p dist
	$(PYTHON) release/sbom.py > dist/sbom.cdx.json

audit-pins:
	$(PYTHON) release/pins.py

# Only the hashes in the lock are let in; --clear drops what an older lock left.
$(LOCKED): requirements-dev.txt
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
		--require-hashes -r requirements-dev.txt
	touch $@

# Apart from the lock, so that a change of pyproject.toml does not rebuild all of .venv.
$(INSTALLED): $(LOCKED) pyproject.toml requirements.in
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index \
		--no-deps --no-build-isolation -e .
	touch $@

# Not through $(LOCKED): a lock that no longer installs must not stand in its own way.
lock:
	test -x $(BIN)/uv || $(MAKE) $(LOCKED)
	$(LOCK) $(LOCK_FLAGS) requirements.in -o requirements.txt
	$(LOCK) $(LOCK_FLAGS) requirements-build.in -o requirements-build.txt
	$(LOCK) $(LOCK_FLAGS) -c requirements.txt -c requirements-build.txt \
		requirements-dev.in -o requirements-dev.txt
	$(LOCK) $(LOCK_FLAGS) requirements-fuzz.in -o requirements-fuzz.txt

image:
	$(ENGINE) build $(if $(BASE),--build-arg BASE=$(BASE)) $(BUILD_FLAGS) -t $(IMAGE) .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist fuzz/.found function/*.egg-info
	find function tests benchmarks fuzz release -name __pycache__ -type d -prune -exec rm -rf {} +
