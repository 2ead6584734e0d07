# make help lists the verbs. Everything is set up on first use; models are kept in ~/.cache/wenbao (or $WENBAO_CACHE).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
TOOLS  := $(VENV)/tools
Q      ?= how many projects did Suizhou start?

.PHONY: help install build ask chat test lint docs wheel bench clean
.DEFAULT_GOAL := help

help:  ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: $(READY)  ## virtual environment and packages

# The stamp is written last, so a killed installation is never taken for a whole one. The models come while pip works: what fetches
# them needs only a few packages; where that fails, the first question fetches them. torch first, at the pinned version: otherwise a
# package further down may pull a build of several gigabytes.
FETCHERS := filelock httpx numpy pydantic pyyaml safetensors snowballstemmer

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about 1 GB of packages, a few minutes the first time"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -c constraints.txt pip setuptools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(FETCHERS)
	$(BIN)/python -m rag.models & fetching=$$!; \
	{ $(BIN)/python -m pip install --progress-bar on --disable-pip-version-check $$(grep '^torch==' constraints.txt) && \
	  $(BIN)/python -m pip install --progress-bar on --disable-pip-version-check -c constraints.txt -e .; } \
	|| { kill $$fetching; exit 1; }; wait
	@touch $(READY)

# What tests, lint and the documentation need besides the program.
$(TOOLS): $(READY)
	@echo "Adding what tests, lint and the documentation need"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(TOOLS)

build: $(READY)  ## bring index/ up to date with the sources
	@$(BIN)/rag build

ask: $(READY)  ## make ask Q="…": answer a question, with citations
	@$(BIN)/rag ask --build -- "$(Q)"

chat: $(READY)  ## open the desk on this machine
	@$(BIN)/rag chat

test: $(TOOLS)  ## all tests, those with the real models and in a browser too
	@tests/browser.sh
	$(BIN)/python -m pytest

lint: $(TOOLS)  ## ruff and mypy
	$(BIN)/ruff check rag tests benchmarks training docs
	$(BIN)/mypy

docs: $(TOOLS)  ## the documentation, as pages in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict
	@echo "site/index.html"

wheel: $(TOOLS)  ## dist/wenbao-*.whl, which runs outside this folder
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

bench: $(TOOLS)  ## measure, and write the tables in benchmarks/
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/embedding.py

clean:  ## remove the virtual environment and the index (not the models)
	rm -rf $(VENV) build dist site index/generation-* index/manifest.json index/building
