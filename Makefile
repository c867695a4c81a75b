# Two commands for a fresh machine: `make demo` shows the toolkit at work, `make test` proves it.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin
# Modules are compiled when they are first imported.
INSTALL := $(RUN)/pip install --quiet --no-compile --constraint constraints.txt --editable

.PHONY: demo demo-xor test bench lint docs
.DELETE_ON_ERROR:

$(VENV)/.plain: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) .
	touch $@

$(VENV)/.made: $(VENV)/.plain
	$(INSTALL) ".[test,lint]"
	touch $@

$(VENV)/.docs: $(VENV)/.plain
	$(INSTALL) ".[docs]"
	touch $@

# Every step goes on where an earlier call stopped. demo-xor is the same in codes instead of pictures and songs.
demo: $(VENV)/.plain
	$(RUN)/birdmml build --out data/birds
	$(RUN)/birdmml sweep --data data/birds --method confu,clip --out runs/birds
	$(RUN)/birdmml report runs/birds
	@echo "The report: $(CURDIR)/runs/birds/report/index.html"

demo-xor: $(VENV)/.plain
	$(RUN)/xorbench build --p 0,0.5,1 --out data/xor
	$(RUN)/xorbench run --data data/xor --p 0.5 --method confu
	$(RUN)/xorbench run --data data/xor --p 0.5 --method clip
	$(RUN)/xorbench sweep --method confu,clip --p 0:1:0.25 --seed 0,1 --out runs/demo
	$(RUN)/xorbench report runs/demo
	@echo "The report: $(CURDIR)/runs/demo/report/index.html"

test: $(VENV)/.made
	$(RUN)/python -m pytest --numprocesses auto --dist loadfile --durations 25

# Ours beside the published formulas and the usual readers of data, as ratios: a few minutes.
bench: $(VENV)/.made
	$(RUN)/python benchmarks/bench.py

lint: $(VENV)/.made
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

docs: $(VENV)/.docs
	$(RUN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	@echo "The documentation: $(CURDIR)/docs/_build/html/index.html"
