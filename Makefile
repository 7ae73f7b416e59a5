# make run   opens the demo; make test   runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# What Qt needs from the system, by Debian's names; xvfb only for tests of the window.
QT_LIBRARIES := libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 \
	libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0

.PHONY: run test check format system demo pictures bench clean

run: $(STAMP) system
	@$(BIN)/skelseg demo

test: $(STAMP) system
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Renders the clips, trains the models and prints the table of the README. Minutes.
demo: $(STAMP)
	$(BIN)/python -m benchmarks.demo

# Takes the pictures of the help from the program as it is now. A minute.
pictures: $(STAMP)
	$(BIN)/python -m benchmarks.pictures

bench: $(STAMP)
	$(BIN)/python -m benchmarks.startup

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "skelseg needs Python 3.10 or newer; name one: make run PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv is missing; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

system:
	@QT_LIBRARIES="$(QT_LIBRARIES)" sh resources/system.sh

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
