# Two commands are all a newcomer needs: `make run` and `make test`.
# The environment is made once, from the hashed lock files, and made again only when those change.

PYTHON ?= python3
VENV := .venv
DIST := dist
PY := $(VENV)/bin/python
# A host with a token runs the bot alone; everybody else also gets the playground.
EXTRA := $(shell grep -qsE '^ *DISCORD_TOKEN(_FILE)? *= *[^ ]' .env && echo run || echo play)
PIP := $(PY) -m pip --disable-pip-version-check --quiet

.PHONY: run test check lint lock wheel materials audit pictures bench clean

run: $(VENV)/$(EXTRA).ready
	@exec $(PY) -m bot

test: $(VENV)/dev.ready
	$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(VENV)/$(EXTRA).ready
	@$(PY) -m bot check

lint: $(VENV)/dev.ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright

lock: $(VENV)/dev.ready
	sh requirements/lock.sh

wheel: $(VENV)/dev.ready materials
	$(PY) -m hatchling build -t wheel -d $(DIST)

# What a host installs with the wheel, package by package, in CycloneDX.
materials: $(VENV)/dev.ready
	@mkdir -p $(DIST)
	@$(PY) -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-file $(DIST)/alongside.cdx.json requirements/run.lock

audit: $(VENV)/dev.ready
	$(PY) requirements/audit.py

pictures: $(VENV)/dev.ready
	$(PY) -m docs.pictures
	$(PY) -m docs.gallery

bench: $(VENV)/dev.ready
	$(PY) -m benchmarks --long

clean:
	rm -rf $(VENV) dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Alongside needs Python 3.11 or newer; run: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module is missing; on Debian run: apt install python3-venv"; exit 1; }

# A larger set contains the smaller ones, so whoever has `dev` needs no other.
$(VENV)/%.ready: requirements/%.lock | $(VENV)/bin/python
	@echo "Setting up the environment (once; needs the network) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r $<
	@touch $(VENV)/$*.ready
	@case $* in dev) touch $(VENV)/play.ready $(VENV)/run.ready;; play) touch $(VENV)/run.ready;; esac
