# make run   opens the demo; make test   runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Installs what Qt needs from the system, or says how to.
LIBRARIES = $(BIN)/python -m app.kit.qt_platform

# A file of versions for pip, as of CI: make test CONSTRAINTS=.ci/constraints.txt
CONSTRAINTS ?=

# One process per core, each with whole files of tests, in their order: the longest first.
# One more for windows, which wait for threads and timers a fifth of their time.
# A process that dies ends the run and names its test: pytest-xdist would run that test
# again in another, and may then wait for ever.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PROCESSES = $(CORES)
PYTEST = $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder \
	--max-worker-restart=0 --durations=15 --durations-min=2
test-window: PROCESSES = $(shell expr $(CORES) + 1)
# The wheel, in an environment of its own.
WHEEL := tests/e2e/test_installed.py
# What only takes longer with more dice: matrices, fuzz, monkeys, kills, properties.
SOAKED := $(shell grep -rlE --include='test_*.py' 'from (tests.soak|hypothesis) import' tests)

.PHONY: run test test-core test-window soak judges check format environment system demo docs bundle release translations pictures bench clean

run: system
	@$(BIN)/skelseg demo

test: test-core test-window

# Waits for nothing, so that other work may go on beside it.
test-core: $(STAMP)
	@QT_QPA_PLATFORM=offscreen $(LIBRARIES)
	$(PYTEST) $(WHEEL) tests/test_*.py tests/core tests/benchmarks

# Threads, timers and windows: nothing else may keep the cores busy.
test-window: $(STAMP)
	@QT_QPA_PLATFORM=offscreen $(LIBRARIES)
	$(PYTEST) tests/e2e tests/app --ignore $(WHEEL)

# All dice that `make test` throws a few of. An hour.
soak: $(STAMP)
	@QT_QPA_PLATFORM=offscreen $(LIBRARIES)
	SKELSEG_SOAK=1 $(PYTEST) -o faulthandler_timeout=3600 $(SOAKED)

# Lets other programs judge the files that skelseg writes. Installs them; a minute.
judges: $(STAMP)
	PYTHON=$(BIN)/python bash tests/judges/run.sh

# mypy as on each system, whose code it skips elsewhere, and by our Python, the lowest
# that is promised and the highest.
SYSTEMS := linux-3.11 win32-3.10 darwin-3.13
check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@printf '%s\n' $(SYSTEMS) | xargs -P 3 -I{} sh -c 'as={}; $(BIN)/mypy \
		--platform $${as%-*} --python-version $${as#*-} --cache-dir .mypy_cache/{}'
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Renders the clips, trains the models and prints the table of docs/demo.md. Minutes.
demo: $(STAMP)
	$(BIN)/python -m demo

# The site, in build/docs/html: help, pages of docs/, and what the program knows of itself.
# First runs all commands that the pages show. Minutes.
SITE := build/docs
docs: $(VENV)/.docs
	@QT_QPA_PLATFORM=offscreen $(LIBRARIES)
	$(BIN)/python -m tools.site $(SITE)/source
	$(BIN)/python -m sphinx -W --keep-going -q -c docs -d $(SITE)/trees $(SITE)/source $(SITE)/html

$(VENV)/.docs: pyproject.toml $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

# A folder that needs no Python, dist/skelseg (docs/bundle.md), made in an environment of
# its own, without PyTorch. Minutes.
BUNDLER := .venv-bundle
bundle:
	@PYTHON="$(PYTHON)" VENV="$(BUNDLER)" sh resources/environment.sh
	$(BUNDLER)/bin/python -m pip install --quiet --disable-pip-version-check \
		$(if $(CONSTRAINTS),-c $(CONSTRAINTS)) '.[bundle]'
	$(BUNDLER)/bin/python -m PyInstaller --noconfirm --log-level WARN \
		--workpath build/bundle packaging/skelseg.spec
	@du -sh dist/skelseg

# Wheel, sdist, bundle, list of parts and sums in dist/VERSION, and a check of them from
# outside of this copy. A quarter of an hour.
release: bundle $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[release]'
	$(BIN)/python packaging/release.py
	cd / && "$(CURDIR)/$(BIN)/python" "$(CURDIR)/packaging/check_release.py" \
		"$(CURDIR)/dist/$$("$(CURDIR)/$(BIN)/skelseg" --version | sed 's/.* //')"

# Compiles the plural forms of sentences with a number. Makes, updates, checks and compiles
# a translation (docs/translate.md): make translations TS=skelseg_de.ts
translations: $(STAMP)
	$(BIN)/pyside6-lrelease resources/translations/skelseg_en.ts
	$(if $(TS),$(BIN)/python -m tools.translation $(TS))

# Takes the pictures of the help from the program as it is now. Three minutes.
pictures: $(STAMP)
	$(BIN)/python -m tools.pictures window review exchange

bench: $(STAMP)
	$(BIN)/python -m benchmarks.startup

environment: $(STAMP)

$(STAMP): pyproject.toml
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh resources/environment.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		$(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[train,dev]'
	@touch $@

system: $(STAMP)
	@$(LIBRARIES)

clean:
	rm -rf $(VENV) .venv-* build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
