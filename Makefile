# Two commands do all the set-up on a fresh machine with Python 3.11 or newer:
#   make demo   installs mcsearch and runs it on painted sample photos with the built-in model
#   make test   installs the test tools too and runs the linter, the type checker and the tests
#   make test-web   tests the page in a real browser, Chromium
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
PIP := $(BIN)/python -m pip --disable-pip-version-check
SCRIPT := sed '/./,$$!d'  # without the blank line at the top, where zsh wants its \#compdef

# zsh takes the file that it reads at the first Tab for the function, so the file has to complete, too.
ZSH_END := echo 'if [[ $$zsh_eval_context[-1] == loadautofunc ]]; then _mcsearch_completion "$$@"; fi'

BROWSER_IS_HERE := command -v chromium chromium-browser google-chrome >/dev/null

.PHONY: demo test test-web bench completions clean

demo: .venv/installed
	$(BIN)/python -m mcsearch.demo

test: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore tests/web

test-web: .venv/tested
	$(BROWSER_IS_HERE) || { sudo=$$(command -v sudo); $$sudo apt-get -qq update && $$sudo apt-get -qq install -y chromium; }
	$(BIN)/pytest tests/web

bench: .venv/benched
	$(BIN)/python -m bench.run --write-docs

completions: .venv/installed
	_MCSEARCH_COMPLETE=source_bash $(BIN)/mcsearch | $(SCRIPT) > completions/mcsearch.bash
	(_MCSEARCH_COMPLETE=source_zsh $(BIN)/mcsearch | $(SCRIPT); $(ZSH_END)) > completions/_mcsearch
	_MCSEARCH_COMPLETE=source_fish $(BIN)/mcsearch | $(SCRIPT) > completions/mcsearch.fish
	_MCSEARCH_COMPLETE=source_powershell $(BIN)/mcsearch | $(SCRIPT) > completions/mcsearch.ps1

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mcsearch needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --constraint constraints.txt --editable '.[web]'
	touch $@

.venv/tested: .venv/installed
	$(PIP) install --quiet "pip>=25.1"
	$(PIP) install --quiet --constraint constraints.txt --group test
	touch $@

.venv/benched: .venv/installed bench/requirements.txt
	$(PIP) install --quiet --constraint constraints.txt --requirement bench/requirements.txt
	touch $@
