# Everything a developer types. Needs only make and Python 3.11 to 3.13: the rest is set up in .venv.
# With Rust (cargo), the compiled engine is built there too; without, the same runs in plain Python.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUST := $(shell command -v cargo 2>/dev/null)
NATIVE := $(VENV)/.native
NATIVE_SOURCES := $(wildcard native/Cargo.toml native/Cargo.lock native/pyproject.toml native/*.pyi) \
	$(shell find native/src -type f)
BUILD_NATIVE = PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--no-deps --no-build-isolation --force-reinstall ./native
BENCH_VENV := .cache/bench-venv
BENCH_READY := $(BENCH_VENV)/.ready
PYTEST := $(BIN)/python -m pytest
# One more than two cores have: there is always a test that waits for a program.
PARALLEL := -n 3 --dist worksteal
# For tests that mostly wait for programs; which of them go to one process says tests/sharing.py.
WAITING := --dist loadscope --no-loadscope-reorder
# What a record's bytes come to, in rows, on boards and in scorecards, and in a worker.
ENGINE_TESTS := tests/native tests/conversations/test_deadlines.py tests/scoreboard \
	$(addprefix tests/replay/test_,agreement.py conformance.py explain.py run.py) \
	$(addprefix tests/worker/test_,exactness.py owned.py service.py upgrade.py)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' $(UPGRADE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup native demo test test-native lint format test-kafka faults bench bench-check bench-setup golden picture generate test-obs wall web wall-pictures mutation fuzz lock upgrade clean tools wall pin audit sbom

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) $(NATIVE) ## build .venv with the locked dependencies and chatpulse itself

$(READY): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
		"chatpulse needs Python 3.11 to 3.13, $(PYTHON) is %d.%d: try make PYTHON=python3.12" % v)'
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "$(PYTHON) comes without venv: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

native: $(READY) ## build the compiled engine into .venv (needs Rust 1.85 or newer, and a C linker)
	$(BUILD_NATIVE)
	@echo compiled > $(NATIVE)

# The stamp says what has come of it: compiled, plain (no Rust here) or failed. What was built from
# older sources is taken away first, whatever comes of the rest.
$(NATIVE): $(READY) $(NATIVE_SOURCES)
	@! grep -qsx compiled $@ || \
		$(BIN)/python -m pip uninstall --quiet --disable-pip-version-check --yes chatpulse-native
	@if [ -z "$(RUST)" ]; then \
		echo "plain Python engine: there is no cargo here; with Rust, make builds the compiled one, which is faster"; \
		echo plain > $@; \
	elif echo "building the compiled engine: a minute the first time" && $(BUILD_NATIVE); then \
		echo compiled > $@; \
	elif [ -n "$$CHATPULSE_CI" ]; then \
		exit 1; \
	else \
		echo "plain Python engine: the compiled one could not be built (see above; make native tries again)"; \
		echo failed > $@; \
	fi

ifneq ($(RUST),)
# Rust has come since (or CI will have it): not up to date, however new the stamp.
.PHONY: $(if $(shell grep -sxE 'plain$(if $(CHATPULSE_CI),|failed)' $(NATIVE)),$(NATIVE))
endif

demo: setup ## watch a simulated service room live (Ctrl-C ends it)
	$(BIN)/chatpulse demo

test: setup ## all tests that need nothing installed, in plain Python, with the coverage of the pure packages
	CHATPULSE_ENGINE=python $(PYTEST) $(PARALLEL) -m 'not kafka and not obs' --ignore=tests/deploy --ignore=tests/native \
		--cov --cov-report=term

test-native: setup ## the compiled engine's own tests, and the engine's tests on it (need Rust, and Python's shared library)
	cd native && PYO3_PYTHON="$(abspath $(BIN))/python" cargo test --quiet --locked
	CHATPULSE_ENGINE=native $(PYTEST) $(PARALLEL) -m 'not kafka and not obs' $(ENGINE_TESTS)

lint: setup ## style, types, and which package may import which; of the compiled engine, where Rust is
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(shell cargo fmt --version 2>/dev/null),cd native && cargo fmt --check)
	$(if $(shell cargo clippy --version 2>/dev/null),cd native && cargo clippy --quiet --locked -- -D warnings)

format: setup ## let ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(if $(shell cargo fmt --version 2>/dev/null),cd native && cargo fmt)

test-kafka: setup ## tests on a real Apache Kafka broker (needs Java 17 and Maven)
	$(PYTEST) -n 3 $(WAITING) -m kafka --timeout=600

faults: setup ## ten campaigns of faults, a short soak, planted bugs (FAULTS="--campaigns 200": campaigns only)
	$(BIN)/python -m tests.faults $(or $(FAULTS),--short)
	$(if $(FAULTS),,$(BIN)/python -m tests.faults.soak --seconds 30)
	$(if $(FAULTS),,$(BIN)/python -m tests.faults.planted)

bench: setup bench-setup ## measure beside the peers (half an hour at most; BENCH="throughput --events 100000": less)
	$(BIN)/python -m bench $(BENCH)

bench-check: setup ## is the worker still as fast, beside a bare loop, as it was (two minutes)
	$(BIN)/python -m bench check

bench-setup: $(BENCH_READY) ## install bytewax and quixstreams, which are measured beside us, in a venv of their own

$(BENCH_READY): requirements/bench.lock
	test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.lock
	@touch $@

golden: setup ## rewrite the golden files; the diff is the review
	CHATPULSE_GOLDEN=rewrite $(PYTEST) -q -k golden

picture: setup ## draw the README's pictures of the demo's board from a real run
	$(BIN)/python tools/picture.py

generate: setup ## write rules, alerts, routes and dashboards anew from deploy/thresholds.toml
	$(BIN)/python -m tools.observability

test-obs: setup tools ## rules, routes, dashboards, wall, stack: in the programs that will run them
	$(PYTEST) -n 4 $(WAITING) tests/obs tests/deploy --timeout=300

tools: ## unpack Debian's newest Prometheus, Alertmanager and Compose into .cache (nothing is installed)
	tools/debian_tools.sh
	tools/debian_tools.sh forky docker-compose

wall: setup ## draw every Grafana dashboard of a simulated room into docs/images (needs npm, Chromium, Prometheus)
	$(BIN)/python -m tools.observability.grafana

pin: setup ## add today's digests to the images of deploy/ (needs docker and its registry)
	$(BIN)/python tools/pin_images.py

web: setup web/node_modules/.package-lock.json ## bundle the wall page anew from web/ into the package (needs npm)
	$(BIN)/python tools/wall_types.py
	cd web && npx --no-install tsc --noEmit && node build.mjs

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund

wall-pictures: setup web/node_modules/.package-lock.json ## draw the pictures of the wall page in docs/images (needs Chromium)
	CHATPULSE_PICTURES=docs/images $(PYTEST) -q tests/obs/wall -k "stands_still or screen"

mutation: setup ## change thresholds and comparisons one by one: a test must break
	$(BIN)/python tools/mutation.py

fuzz: setup ## look for inputs that break something, for FUZZ_SECONDS (default 600), from FUZZ_SEED
	FUZZ_SECONDS=$${FUZZ_SECONDS:-600} $(PYTEST) -q tests/fuzz --timeout=600

lock: setup ## bring the lock files up to date with pyproject.toml, moving as little as possible
	$(COMPILE) pyproject.toml -o requirements/run.lock
	$(COMPILE) --extra dev -c requirements/run.lock pyproject.toml -o requirements/dev.lock
	$(COMPILE) -c requirements/dev.lock requirements/build.in -o requirements/build.lock
	$(COMPILE) requirements/bench.in -o requirements/bench.lock

upgrade: ## the same, with the newest versions allowed
	$(MAKE) lock UPGRADE=--upgrade

audit: setup ## ask PyPI for advisories about the locked dependencies (says so if it cannot be reached)
	$(BIN)/python tools/audit.py

sbom: setup ## list the locked dependencies as CycloneDX in dist/chatpulse.cdx.json
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements/run.lock --output-reproducible --output-file dist/chatpulse.cdx.json

clean: ## remove everything that make can make again
	rm -rf $(VENV) native/target build dist htmlcov .coverage .coverage.* .hypothesis \
		.import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
