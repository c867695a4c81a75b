# Two commands for a fresh machine: `make demo` shows the toolkit at work, `make test` proves it.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin

.PHONY: test lint
.DELETE_ON_ERROR:

$(VENV)/.made: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN)/pip install --quiet --editable ".[test,lint]" --constraint constraints.txt
	touch $@

test: $(VENV)/.made
	$(RUN)/python -m pytest

lint: $(VENV)/.made
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
