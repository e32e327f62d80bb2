# Two commands do all the set-up on a fresh machine with Python 3.11 or newer:
#   make demo   installs mcsearch and runs it on painted sample photos with the built-in model
#   make test   installs the test tools too and runs the linter, the type checker and the tests
#   make test-slow   runs the tests that take too long to wait for: commands that are killed, readers of text
#   make test-web   tests the page in a real browser, Chromium
#   make test-ray   tests a Ray cluster of several nodes on this machine; it installs Ray into .venv-ray
#   make test-weekly   runs the few tests that take too long for every change
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
PIP := $(BIN)/python -m pip --disable-pip-version-check
# On Linux, pip takes a torch with gigabytes of CUDA libraries. Without a GPU, install the one for the CPU first: from
# where pip looks if it has one there, else through uv, which knows where PyTorch keeps it. If neither works, go on.
GPU := $(wildcard /dev/nvidia0 /dev/dxg /dev/kfd)$(shell command -v nvidia-smi)
TORCH := torch==$(shell sed -n 's/^torch==//p' constraints.txt)
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend=cpu --constraint constraints.txt
define CPU_TORCH
$(PIP) install --quiet --constraint constraints.txt "$(TORCH)+cpu" 2>/dev/null || \
	{ $(PIP) install --quiet uv && $(UV) torch torchvision; } || \
	echo "There is no torch for the CPU here. The one with CUDA libraries follows; see docs/installing.md." >&2
endef
LOWEST := $(BIN)/uv pip install --quiet --python .venv-lowest --resolution lowest-direct --editable '.[web]' --group test
SCRIPT := sed '/./,$$!d'  # without the blank line at the top, where zsh wants its \#compdef

# zsh takes the file that it reads at the first Tab for the function, so the file has to complete, too.
ZSH_END := echo 'if [[ $$zsh_eval_context[-1] == loadautofunc ]]; then _mcsearch_completion "$$@"; fi'

BROWSER_IS_HERE := command -v chromium chromium-browser google-chrome >/dev/null

RAY := .venv-ray/bin/python

.PHONY: demo test test-slow test-web test-ray test-weekly test-lowest bench fuzz audit licences completions clean

demo: .venv/installed
	$(BIN)/python -m mcsearch.demo

test: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore tests/web --ignore tests/ray

# Many commands under hard conditions: killed, side by side, with broken streams; and the readers of text and captions.
test-slow: .venv/tested
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m slow --ignore tests/web --ignore tests/ray

# What takes long and few changes touch: the conversion of the largest architectures.
test-weekly: .venv/tested
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m weekly

# Both need the network: known weaknesses of the installed packages, and the tests with the lowest versions in pyproject.toml.
audit: .venv/installed
	$(PIP) install --quiet pip-audit
	$(BIN)/pip-audit --local --skip-editable

test-lowest: .venv/installed
	$(PIP) install --quiet uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-lowest
	$(LOWEST) --torch-backend=cpu 2>/dev/null || \
		{ echo "There is no torch for the CPU here. The one with CUDA libraries follows, 5 GB." >&2; $(LOWEST); }
	.venv-lowest/$(notdir $(BIN))/python -m bench.lowest
	.venv-lowest/$(notdir $(BIN))/pytest tests/unit tests/contract

licences: .venv/installed
	$(BIN)/python -m bench.licences

test-web: .venv/tested
	$(BROWSER_IS_HERE) || { sudo=$$(command -v sudo); $$sudo apt-get -qq update && $$sudo apt-get -qq install -y chromium; }
	$(BIN)/pytest tests/web

test-ray: .venv-ray/installed
	$(RAY) -m pytest tests/ray

bench: .venv/benched
	$(BIN)/python -m bench.run --write-docs

fuzz: .venv/tested
	$(PIP) install --quiet atheris
	$(BIN)/python -m bench.fuzz.run

completions: .venv/installed
	_MCSEARCH_COMPLETE=source_bash $(BIN)/mcsearch | $(SCRIPT) > completions/mcsearch.bash
	(_MCSEARCH_COMPLETE=source_zsh $(BIN)/mcsearch | $(SCRIPT); $(ZSH_END)) > completions/_mcsearch
	_MCSEARCH_COMPLETE=source_fish $(BIN)/mcsearch | $(SCRIPT) > completions/mcsearch.fish
	_MCSEARCH_COMPLETE=source_powershell $(BIN)/mcsearch | $(SCRIPT) > completions/mcsearch.ps1

clean:
	rm -rf .venv .venv-ray .venv-lowest build *.egg-info .mypy_cache .pytest_cache .ruff_cache

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mcsearch needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(if $(filter Linux,$(shell uname -s)),$(if $(GPU),,$(CPU_TORCH)))
	$(PIP) install --quiet --constraint constraints.txt --editable '.[web]'
	touch $@

.venv/tested: .venv/installed
	$(PIP) install --quiet "pip>=25.1"
	$(PIP) install --quiet --constraint constraints.txt --group test
	touch $@

# It borrows all other packages from .venv, so that Ray and what it needs stay apart from them.
.venv-ray/installed: .venv/tested
	$(BIN)/python tests/ray/environment.py .venv-ray
	touch $@

.venv/benched: .venv/installed bench/requirements.txt
	$(PIP) install --quiet --constraint constraints.txt --requirement bench/requirements.txt
	touch $@
