# Matinee's errands. Each target makes what it needs: a virtual environment from the hash-locked files in requirements/.

# The first Python on the PATH that is new enough; `make PYTHON=/path/to/python demo` names another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: errors are shown, a machine's own pip settings are not commented on.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: demo test check bench fmt lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   make one video in this terminal: no token, no key, no service"
	@echo "make test   run the tests"
	@echo "make check  ruff, mypy, import contracts, dependencies, lock files, settings"
	@echo "make bench  print the figures of the README, side by side with what you would pick instead"
	@echo "make fmt    put the code into its usual form"
	@echo "make lock   compile requirements/*.txt anew from pyproject.toml"

# A prompt goes in, a film comes out, on this machine alone.
demo: $(VENV)/run.stamp
	@$(BIN)/matinee demo $(ARGS)

# Every test, on every core, with warnings as errors.
test: $(VENV)/test.stamp
	@$(BIN)/python -m pytest --numprocesses auto $(ARGS)

# All that a machine can see of the code without running it.
check: $(VENV)/check.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh .ci/check

# The figures of the README. They are printed, never asserted. The emulator of Discord comes with the tests.
bench: $(VENV)/bench.stamp $(VENV)/test.stamp
	@$(BIN)/python -m benchmarks $(ARGS)

# The usual form.
fmt: $(VENV)/check.stamp
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format --quiet .

# The lock files, anew; `make lock ARGS=--upgrade` takes newer versions.
lock: $(VENV)/check.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" requirements/compile.sh $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "Matinee needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; fi
	@echo "Setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# pip installs exactly what the lock names, or nothing.
$(VENV)/%.stamp: requirements/%.txt pyproject.toml | $(BIN)/python
	@echo "Installing what requirements/$*.txt locks"
	@$(PIP) install --require-hashes --no-deps -r requirements/$*.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@
