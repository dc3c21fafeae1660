"""Corpora: immutable, with a card that adds up, and lossless on disk."""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.corpus.collection import Corpus, load
from assay.corpus.ledger import Card, Dropped
from assay.corpus.parquet import JSON as JSON_TYPE
from assay.corpus.parquet import SCHEMA, to_batch, to_examples
from assay.corpus.rows import GROUP, Held, Stored
from assay.corpus.store import tally
from assay.errors import AssayError, BadReference, BadRow, MissingData, RunConflict, UnknownName
from assay.types import Example, Measurement, data_hash, normalised

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
    options=st.lists(TEXT, max_size=3),
    template=TEXT,
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
    pq.write_table(pa.Table.from_batches([to_batch(examples)], SCHEMA), path)
    assert [e.to_json() for e in to_examples(pq.read_table(path))] == [e.to_json() for e in examples]


def test_json_columns_that_are_text_read_the_same() -> None:
    batch = to_batch(small()[:3])
    texts = [
        column.cast(pa.string()) if field.type == JSON_TYPE else column
        for column, field in zip(batch.columns, SCHEMA, strict=True)
    ]
    assert to_examples(pa.RecordBatch.from_arrays(texts, SCHEMA.names)) == small()[:3]


def small() -> Corpus:
    return load("math/arithmetic", "logic/ordering", size=20)


def test_load_is_deterministic_and_counted() -> None:
    corpus = small()
    assert [e.id for e in corpus] == [e.id for e in small()]
    assert corpus.came_in == {"math/arithmetic": 20, "logic/ordering": 20}
    assert corpus.card.adds_up and corpus[0].source == "math/arithmetic" and len(corpus[:3]) == 3
    with pytest.raises(UnknownName, match="did you mean 'math/arithmetic'"):
        load("math/arithmetics")


@pytest.mark.parametrize(
    ("names", "how", "says"),
    [
        (("rows.jsonl",), {"verifer": "number"}, r"assay\.load: unknown key 'verifer'; did you mean 'verifier'\?"),
        (("rows.jsonl",), {"verifier": "numbr"}, "unknown verifier 'numbr'; did you mean 'number'"),
        (("math/arithmetic",), {"size": "many"}, r"assay\.load: size: .*integer.* \(got 'many'\)$"),
        (("math/arithmetic",), {"verifier": "math"}, r"^assay\.load: only files of your own \(path\) take verifier$"),
        ((), {}, r"^assay\.load: give either the name of a source or the path of a file of your own$"),
        ((5,), {}, "takes names of sources or of files, such as 'math/gsm8k', not 5"),
        ((".",), {}, r"\. is a directory, and holds no corpus: name a file of rows, or a folder with manifest\.json"),
    ],
)
def test_load_says_what_is_wrong(
    names: tuple[Any, ...], how: dict[str, Any], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text('{"prompt": "1 + 1?", "answer": 2}\n')
    with pytest.raises(AssayError, match=says):
        load(*names, **how)
    assert len(load(Path("rows.jsonl"), verifier="number")) == 1


def test_the_directory_of_a_corpus_is_a_source_of_its_rows(tmp_path: Path) -> None:
    corpus = load("math/arithmetic", size=5)
    corpus.write(tmp_path / "mine")
    again = load(str(tmp_path / "mine"))
    assert [example.id for example in again] == [example.id for example in corpus]
    assert {example.source for example in again} == {"math/arithmetic"}
    (tmp_path / "mine" / "manifest.json").write_text("{}")
    with pytest.raises(AssayError, match="is no manifest of a corpus"):
        load(str(tmp_path / "mine"))


def test_keep_takes_no_text() -> None:
    corpus = load("math/arithmetic", size=2)
    with pytest.raises(TypeError, match="a function of an Example, or a set of ids"):
        corpus.keep(corpus[0].id)
    assert len(corpus.keep({corpus[0].id})) == 1


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
    card = Card.of(tally(Held(corpus[:-1])), [], corpus.came_in)
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


def test_a_corpus_on_disk_is_read_as_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load("math/arithmetic", "logic/ordering", size=1_300)
    made.write(tmp_path / "a")
    opened: list[int] = []
    monkeypatch.setattr(Stored, "_open", lambda self, n, was=Stored._open: opened.append(n) or was(self, n))
    corpus = Corpus.read(tmp_path / "a")
    assert (len(corpus), corpus.card.total.kept, corpus.came_in, opened) == (2_600, 2_600, made.came_in, [])
    assert (corpus[0], corpus[-1], corpus[1_400]) == (made[0], made[-1], made[1_400])
    assert len(opened) == 2 and corpus[1_401:1_403] == made[1_401:1_403] and len(opened) == 2
    assert [len(batch) for batch in corpus.batches(900)] == [900, 900, 800]
    assert max(len(batch) for batch in corpus.batches()) == GROUP
    with pytest.raises(IndexError, match="row 2600 of 2600"):
        corpus[2_600]


def test_rows_that_are_large_lie_in_more_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load("math/arithmetic", size=30)
    made.write(tmp_path / "a")
    monkeypatch.setattr("assay.corpus.store.GROUP_BYTES", 400)
    made.write(tmp_path / "b")
    one, more = (pq.ParquetFile(tmp_path / name / "part-00000.parquet") for name in "ab")
    sizes = [more.metadata.row_group(number).num_rows for number in range(more.num_row_groups)]
    assert one.num_row_groups == 1 and len(sizes) > 3 and max(sizes) < 10 and sum(sizes) == 30
    stored = Corpus.read(tmp_path / "b")
    assert [stored[place] for place in range(30)] == list(stored) == list(made)


def test_lazy_rows_behave_as_those_in_memory(tmp_path: Path) -> None:
    made = load("math/arithmetic", size=1_100)
    made.write(tmp_path / "a")
    held, stored = ((c.keep(lambda e: e.reference % 3 == 0) + c) for c in (made, Corpus.read(tmp_path / "a")))
    assert list(held) == list(stored) and len(held) == len(stored) and held.card.adds_up
    assert held[-1] == stored[-1] and held[len(held) - 1_100] == stored[len(held) - 1_100] == made[0]
    assert str(held.card) == str(stored.card) and held.came_in == {"math/arithmetic": 2_200}
    one, other = (pa.Table.from_batches(c.batches(300)) for c in (held, stored))
    assert one.equals(other)
    stored.write(tmp_path / "b")
    held.write(tmp_path / "c")
    assert (tmp_path / "b/manifest.json").read_bytes() == (tmp_path / "c/manifest.json").read_bytes()


def test_the_data_hash_covers_what_is_asked_and_how_it_is_judged() -> None:
    row = {"prompt": "?", "reference": 1, "verifier": "number", "gold": "1", "options": ["1"]}
    others = [
        {"reference": 2},
        {"params": {"unit": "m"}},
        {"template": "{problem} Box it."},
        {"gold": "2"},
        {"verifier": "text"},
    ]
    hashes = [data_hash([Example(**{**row, **other})]) for other in ({}, *others)]
    assert len(set(hashes)) == len(hashes) and data_hash([Example(**row)]) == hashes[0]


def test_rows_that_cannot_be_judged_are_not_written(tmp_path: Path) -> None:
    bad = Example(prompt="?", reference=1, verifier="number", params={"untis": "m"})
    with pytest.raises(BadReference, match=f"1 rows cannot be judged.*\n.*{bad.id}.*untis"):
        Corpus([*small(), bad]).write(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_disk_faults_are_told(tmp_path: Path) -> None:
    corpus = load("math/arithmetic", size=5)
    corpus.write(tmp_path / "a")
    with pytest.raises(RunConflict):
        load("math/arithmetic", size=6).write(tmp_path / "a")
    (tmp_path / "a" / "part-00000.parquet").write_bytes(b"broken")
    with pytest.raises(AssayError, match="was changed"):
        Corpus.read(tmp_path / "a")
    shard = tmp_path / "b/part-00000.parquet"
    corpus.write(tmp_path / "b")
    shard.write_bytes(shard.read_bytes()[:-9] + b"123456789")
    with pytest.raises(AssayError, match="was changed"):
        Corpus.read(tmp_path / "b")[0]
    with pytest.raises(MissingData, match="cut short"):
        Corpus.read(tmp_path)
    with pytest.raises(UnknownName, match="verifier"):
        Corpus([Example(prompt="?", reference=1, verifier="nmber")]).write(tmp_path / "c")


def test_jsonl(tmp_path: Path) -> None:
    corpus = small()
    corpus.to_jsonl(tmp_path / "x.jsonl")
    assert [e.to_json() for e in Corpus.from_jsonl(tmp_path / "x.jsonl")] == [e.to_json() for e in corpus]
    (tmp_path / "bom.jsonl.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + (tmp_path / "x.jsonl").read_bytes()))
    assert list(Corpus.from_jsonl(tmp_path / "bom.jsonl.gz")) == list(corpus)
    (tmp_path / "bad.jsonl").write_text('{"prompt": "?"}\n')
    with pytest.raises(BadRow, match=r"bad.jsonl:1"):
        Corpus.from_jsonl(tmp_path / "bad.jsonl")


def test_normalised_keeps_what_is_content() -> None:
    assert normalised("a \n b") == normalised(" a b ")
    assert normalised("f(X) = 2") != normalised("f(x) = 2")


def test_dropped_round_trip() -> None:
    row = Dropped("i", "s", "d", "step", "reason", "evidence")
    assert Dropped.from_json(row.to_json()) == row


def test_datasets_decodes_the_shards(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs the extra 'train'")
    corpus = small()
    corpus.write(tmp_path / "a")
    files = str(tmp_path / "a" / "*.parquet")
    rows = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert [row["reference"] for row in rows] == [e.reference for e in corpus]
    assert rows[0]["extra"] == corpus[0].extra and rows[0]["params"] == {}
    measured = corpus.with_rates({corpus[0].id: Measurement(corpus[0].id, "m", 1, 4)})
    for made in (Corpus.from_dataset(rows), load(str(tmp_path / "a" / "part-00000.parquet"))):
        assert [e.to_json() for e in made] == [e.to_json() for e in corpus]
    assert [e.to_json() for e in Corpus.from_dataset(measured.to_dataset())] == [e.to_json() for e in measured]
    assert corpus.to_dataset().column_names == ["prompt", "example", "domain"]


def test_a_data_set_of_any_shape_is_a_corpus() -> None:
    rows = [{"frage": "1 + 1?", "antwort": 2, "day": date(2026, 1, 2), "image": object()}]
    how = {"columns": {"prompt": "frage", "reference": "antwort"}, "params": {"unit": "m"}, "domain": "sums"}
    (example,) = Corpus.from_dataset(rows, verifier="number", name="mine", **how)
    assert (example.text, example.reference, example.verifier, example.params) == ("1 + 1?", 2, "number", {"unit": "m"})
    assert (example.domain, example.source, example.extra) == ("sums", "mine", {"day": "2026-01-02"})


@pytest.mark.parametrize(
    ("dataset", "how", "says"),
    [
        ({"train": []}, {}, r"several splits: give one, such as dataset\['train'\]"),
        ("openai/gsm8k", {}, "hub:NAME"),
        ([{"q": "?", "answer": 1}], {"verifier": "number"}, "dataset:1: no prompt under"),
        ([{"prompt": "?", "answer": 1}], {}, "does not say who judges"),
        ([{"prompt": "?", "answer": 1}], {"verifier": "number", "columns": {"promt": "q"}}, "did you mean 'prompt'"),
        ([], {"verifier": "number"}, "holds no row"),
        (["a row"], {"verifier": "number"}, "a row is an object, not str"),
    ],
)
def test_a_data_set_that_cannot_be_read_says_why(dataset: Any, how: dict[str, Any], says: str) -> None:
    with pytest.raises(AssayError, match=says):
        Corpus.from_dataset(dataset, **how)


def test_measured_rates_stay_with_their_problems():
    corpus = load("math/arithmetic", size=3)
    first, second, third = (example.id for example in corpus)
    measured = {first: Measurement(first, "m", 1, 4, total=2.5), second: Measurement(second, "m", 0, 0, 4)}
    rated = corpus.with_rates(measured)
    assert [example.pass_rates for example in rated] == [{"m": (2.5, 4)}, {}, {}]
    assert rated.with_rates(measured)[0].pass_rates == {"m": (5, 8)}
    assert [example.id for example in rated] == [first, second, third] and rated.card.adds_up
