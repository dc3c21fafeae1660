"""Corpora: immutable, with a card that adds up, and lossless on disk."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.corpus.collection import Corpus, load, normalised
from assay.corpus.ledger import Card, Dropped
from assay.corpus.parquet import read_parquet, write_parquet
from assay.errors import AssayError, BadRow, MissingData, RunConflict, UnknownName
from assay.types import Example

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries({"role": TEXT, "content": TEXT, "attachments": st.lists(TEXT, max_size=2)})
EXAMPLES = st.builds(
    Example,
    prompt=st.lists(MESSAGE, min_size=1, max_size=3),
    reference=JSON,
    verifier=st.sampled_from(["math", "number"]),
    params=st.dictionaries(TEXT, JSON, max_size=2),
    domain=TEXT,
    source=TEXT,
    gold=st.none() | TEXT,
    tags=st.lists(TEXT, max_size=3),
    licence=TEXT,
    lineage=st.lists(TEXT, max_size=2),
    pass_rates=st.dictionaries(TEXT, st.tuples(st.integers(0, 16), st.just(16)), max_size=2),
    extra=st.dictionaries(TEXT, JSON, max_size=2),
)


@settings(max_examples=40, deadline=None)
@given(examples=st.lists(EXAMPLES, max_size=4))
def test_parquet_round_trip(tmp_path_factory: Any, examples: list[Example]) -> None:
    path = tmp_path_factory.mktemp("shard") / "x.parquet"
    write_parquet(examples, path)
    assert [e.to_json() for e in read_parquet(path)] == [e.to_json() for e in examples]


def small() -> Corpus:
    return load("math/arithmetic", "logic/ordering", size=20)


def test_load_is_deterministic_and_counted() -> None:
    corpus = small()
    assert [e.id for e in corpus] == [e.id for e in small()]
    assert corpus.came_in == {"math/arithmetic": 20, "logic/ordering": 20}
    assert corpus.card.adds_up and corpus[0].source == "math/arithmetic" and len(corpus[:3]) == 3
    with pytest.raises(UnknownName, match="did you mean 'math/arithmetic'"):
        load("math/arithmetics")


def test_keep_and_without_write_the_ledger() -> None:
    corpus = small()
    kept = corpus.keep(lambda e: e.domain == "math").keep({e.id for e in corpus[:5]}, reason="too hard")
    assert len(kept) == 5 and len(corpus) == 40
    assert kept.card.adds_up
    assert kept.card.sources["logic/ordering"].dropped == {"not selected": 20}
    assert kept.card.sources["math/arithmetic"].dropped == {"too hard": 15}
    clean = load("math/arithmetic", size=30, split="test").without("math/arithmetic", split="test")
    assert len(clean) == 0 and clean.ledger[0].evidence.startswith("math/arithmetic:") and clean.card.adds_up
    assert len(load("math/arithmetic", size=30).without("math/arithmetic", split="test")) == 30


def test_a_lost_row_is_seen() -> None:
    corpus = small()
    card = Card.of(corpus[:-1], [], corpus.came_in)
    assert not card.adds_up and "DO NOT ADD UP" in str(card)


def test_write_and_read(tmp_path: Path) -> None:
    corpus = small().keep(lambda e: e.domain == "math")
    corpus.write(tmp_path / "a", fingerprint="f")
    corpus.write(tmp_path / "b", fingerprint="f")
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    again = Corpus.read(tmp_path / "a")
    assert [e.to_json() for e in again] == [e.to_json() for e in corpus]
    assert again.ledger == corpus.ledger and str(again.card) == str(corpus.card)
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["examples"] == 20 and manifest["verifiers"]["number"] >= 1


def test_disk_faults_are_told(tmp_path: Path) -> None:
    corpus = load("math/arithmetic", size=5)
    corpus.write(tmp_path / "a")
    with pytest.raises(RunConflict):
        load("math/arithmetic", size=6).write(tmp_path / "a")
    (tmp_path / "a" / "part-00000.parquet").write_bytes(b"broken")
    with pytest.raises(AssayError, match="was changed"):
        Corpus.read(tmp_path / "a")
    with pytest.raises(MissingData, match="cut short"):
        Corpus.read(tmp_path)
    with pytest.raises(UnknownName, match="verifier"):
        Corpus([Example(prompt="?", reference=1, verifier="nmber")]).write(tmp_path / "c")


def test_jsonl(tmp_path: Path) -> None:
    corpus = small()
    corpus.to_jsonl(tmp_path / "x.jsonl")
    assert [e.to_json() for e in Corpus.from_jsonl(tmp_path / "x.jsonl")] == [e.to_json() for e in corpus]
    (tmp_path / "bad.jsonl").write_text('{"prompt": "?"}\n')
    with pytest.raises(BadRow, match=r"bad.jsonl:1"):
        Corpus.from_jsonl(tmp_path / "bad.jsonl")


def test_normalised_keeps_what_is_content() -> None:
    assert normalised("a \n b") == normalised(" a b ")
    assert normalised("f(X) = 2") != normalised("f(x) = 2")


def test_dropped_round_trip() -> None:
    row = Dropped("i", "s", "d", "step", "reason", "evidence")
    assert Dropped.from_json(row.to_json()) == row
