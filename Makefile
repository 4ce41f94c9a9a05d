# The front door: `make` lists what it can do. A bare clone needs python3, make and git; the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QML = $(shell find kiosk -name '*.qml')
SEEDS ?= 1..20000
WITHOUT = make test: going on without; tests/foreign skips what needs it, and fails with FOREIGN=required.
BENCHMARKS = $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/[a-z]*.py))

# A locale that Qt can read; without one it warns, and a warning fails a test.
export LC_ALL := C.UTF-8

.PHONY: help demo test world check bench fmt
.DELETE_ON_ERROR:

help:
	@echo "make demo    a whole charging site on this machine, in windows or (without a screen) as pictures in demo-out"
	@echo "make test    every test, in parallel"
	@echo "make world   whole sites from seeds, in virtual time, with faults; SEEDS=1..20000 by default"
	@echo "make check   format, lint, types, who may import whom, QML"
	@echo "make bench   side-by-side runs against what one would use instead"
	@echo "make fmt     mend format and imports"

demo: $(VENV)/.ready
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
		packaging/ensure screen $(BIN)/python -c 'from PySide6.QtGui import QGuiApplication; QGuiApplication([])'; fi
	$(BIN)/kiosk demo

test: $(VENV)/.ready
	@packaging/ensure tests sh -c 'command -v pdftoppm' || echo "make test: going on without; the test of the PDF page is skipped."
	@packaging/ensure foreign sh -c 'command -v mbpoll && $(BIN)/python -c "import ctypes; ctypes.CDLL(\"libmodbus.so.5\")"' || echo "$(WITHOUT)"
	@packaging/ensure node sh -c 'command -v node && command -v npm' && $(MAKE) -s $(VENV)/.foreign || echo "$(WITHOUT)"
	$(BIN)/python -m pytest -q -n auto --maxprocesses 8

world: $(VENV)/.ready
	$(BIN)/kiosk world --seeds $(SEEDS)

check: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@echo "qmllint: $(words $(QML)) files"
	$(if $(QML),$(BIN)/pyside6-qmllint -W 0 $(QML))

bench: $(VENV)/.ready
	$(foreach name,$(BENCHMARKS),$(BIN)/python -m benchmarks.$(name) &&) true

fmt: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each stamp says that its step is done, so that a second run starts at once.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "Ladekiosk needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@packaging/ensure venv $(PYTHON) -c 'import ensurepip, venv'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.locked: requirements.lock $(VENV)/.python
	@echo "Installing what requirements.lock names into $(VENV) (about 500 MB, once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	@touch $@

# Other people's Modbus for tests/foreign; beside the tests, node_modules would be taken for ours.
$(VENV)/.foreign: tests/foreign/package.json tests/foreign/package-lock.json $(VENV)/.python
	@mkdir -p $(VENV)/foreign
	@cp tests/foreign/package.json tests/foreign/package-lock.json $(VENV)/foreign
	@cd $(VENV)/foreign && npm ci --silent --omit=optional --no-audit --no-fund
	@touch $@

$(VENV)/.ready: pyproject.toml packaging/apt-packages.txt $(VENV)/.locked
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@packaging/ensure qt $(BIN)/python -c 'from PySide6 import QtGui, QtQuick'
	@touch $@
