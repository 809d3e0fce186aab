# wirewatch: everything a person or .ci/run calls. `make` alone lists it.
#
# Needs Python 3.11, 3.12 or 3.13 with its venv module, and nothing else: no compiler, no Docker. The tests of servers also
# need Maven and Java (17, and 21 or newer); without them they skip.
# What is installed is locked by hash in requirements/*.txt, the tools that build source-only packages included.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

ARGS   ?=
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LOCKED := --require-hashes --no-build-isolation
UV     := .lock/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help install install-dev run demo test-deps lint format test test-fast bench bench-full lock clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  ARGS=... is passed on: make run ARGS='--port 9000', make test ARGS='-k fold'"

# --- install ---------------------------------------------------------------------------------------------------------

install: $(VENV)/run.stamp ## create .venv with the newest working Python and install what wirewatch runs on

install-dev: $(VENV)/dev.stamp ## the same, and what tests and lint need

run: install ## start everything: poll, match, mail, page
	@exec $(BIN)/wirewatch run $(ARGS)

demo: install ## the same over a sample wire on this machine; no network needed
	@exec $(BIN)/wirewatch demo $(ARGS)

# Names are tried newest first, and each is run: a version manager's shim may exist for a Python that does not.
define FIND_PYTHON
found=; lacking=; \
for name in python3.13 python3.12 python3.11 python3 python; do \
  "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 || continue; \
  if "$$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then found=$$name; break; fi; \
  lacking="$$lacking $$name"; \
done; \
if [ -z "$$found" ] && [ -n "$$lacking" ]; then \
  echo "make:$$lacking: no venv module; install it (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; \
elif [ -z "$$found" ]; then \
  echo "make: Python 3.11, 3.12 or 3.13 is missing: none of python3.13 python3.12 python3.11 python3 python is one" >&2; exit 1; \
fi
endef

# Always looked at, touched only when the environment is made anew: a broken or moved one, and in `make install` one of
# another Python than the newest that works now. The other targets keep what works: searching would delay each start.
$(VENV)/python.stamp: FORCE
	@if [ -z "$(filter install%,$(MAKECMDGOALS))" ] && [ "$$(cut -d' ' -f2- $@ 2>/dev/null)" = "$(CURDIR)" ] && \
	  $(BIN)/python -ISc '' 2>/dev/null; then exit 0; fi; \
	$(FIND_PYTHON); \
	wanted="$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])') $(CURDIR)"; \
	if [ "$$(cat $@ 2>/dev/null)" != "$$wanted" ] || ! $(BIN)/python -ISc '' 2>/dev/null; then \
	  echo "creating $(VENV) with Python $${wanted%% *}"; \
	  rm -rf $(VENV) && "$$found" -m venv $(VENV) && echo "$$wanted" >$@; \
	fi

$(VENV)/run.stamp: $(VENV)/python.stamp requirements/build.txt requirements/run.txt pyproject.toml
	@echo "installing $$(grep -c == requirements/run.txt) locked packages into $(VENV) (about half a minute)"
	@$(PIP) $(LOCKED) -r requirements/build.txt
	@$(PIP) $(LOCKED) -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@echo "installing $$(grep -c == requirements/dev.txt) packages for tests and lint"
	@$(PIP) $(LOCKED) -r requirements/dev.txt
	@touch $@

# --- check -----------------------------------------------------------------------------------------------------------

test-deps: ## system packages that tests need: chromium, a font, Maven and Java, where apt-get exists
	@$(FIND_PYTHON); wanted=; \
	has_java() { "$$found" -c "import sys; from tests.servers.java import java_home as j; sys.exit(not j($$1))"; }; \
	{ command -v chromium && fc-list | grep -qi dejavu; } >/dev/null 2>&1 || wanted="chromium fontconfig fonts-dejavu-core"; \
	command -v mvn >/dev/null || wanted="$$wanted maven"; \
	has_java 17,17 || wanted="$$wanted openjdk-17-jre-headless"; \
	has_java 21 || wanted="$$wanted openjdk-21-jre-headless"; \
	if [ -z "$$wanted" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  echo "test-deps: no apt-get here; missing, and skipped by the tests that need it: $$wanted"; exit 0; \
	fi; \
	if [ "$$(id -u)" = 0 ]; then as_root=; else as_root="sudo"; fi; \
	$$as_root apt-get -qq update; \
	for package in $$wanted; do \
	  if apt-cache show "$$package" >/dev/null 2>&1; then there="$$there $$package"; \
	  else echo "test-deps: this system has no $$package; install that Java by other means" >&2; fi; \
	done; \
	echo "installing$$there"; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y $$there >/dev/null

lint: install-dev ## style, format, types, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.generate --check

format: install-dev ## put the code into the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

test: install-dev ## all tests
	@$(BIN)/python -m pytest $(ARGS)

test-fast: install-dev ## without servers, browser and the slow ones
	@$(BIN)/python -m pytest -m "not servers and not browser and not slow" $(ARGS)

bench: install-dev ## measure against named rivals, in minutes; writes benchmarks/results.md
	@$(BIN)/python -m benchmarks $(ARGS)

bench-full: install-dev ## the same, in hours
	@$(BIN)/python -m benchmarks --full $(ARGS)

# --- maintain --------------------------------------------------------------------------------------------------------

lock: .lock/stamp ## resolve requirements/*.in again; ARGS=--upgrade for the newest releases
	@cd requirements && for name in run build dev lock; do \
	  echo "locking $$name.txt"; ../$(UV) $(ARGS) "$$name.in" --output-file "$$name.txt" || exit 1; \
	done

.lock/stamp: requirements/lock.txt
	@$(FIND_PYTHON); rm -rf .lock && "$$found" -m venv .lock
	@.lock/bin/python -m pip --disable-pip-version-check --quiet install $(LOCKED) -r requirements/lock.txt
	@touch $@

clean: ## remove what make created, never the data
	@rm -rf $(VENV) .lock build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
