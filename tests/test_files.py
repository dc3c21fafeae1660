"""Files: one reader of JSON lines that names file and line, one writer that shows all or nothing."""

import gzip
from pathlib import Path

import pytest

from assay.errors import BadRow, MissingData
from assay.files import read_jsonl, replacing, write_jsonl


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_rows_are_numbered_by_line_and_a_mark_is_no_content(tmp_path: Path, name: str) -> None:
    text = b'\xef\xbb\xbf{"a": 1}\n\n{"a": "\xc3\xa9"}\r\n'
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert list(read_jsonl(tmp_path / name)) == [(1, {"a": 1}), (3, {"a": "é"})]


@pytest.mark.parametrize(
    ("line", "says"), [("{torn", "not JSON"), ("[1]", "a JSON object, not a list"), ("\xff", "not UTF-8")]
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"{}\n" + line.encode("latin-1"))
    with pytest.raises(BadRow, match=f"x.jsonl:2: .*{says}"):
        list(read_jsonl(tmp_path / "x.jsonl"))
    with pytest.raises(MissingData, match="does not exist"):
        list(read_jsonl(tmp_path / "nowhere.jsonl"))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "deep/x.jsonl", [{"a": "\ud800"}])
    with pytest.raises(ZeroDivisionError):
        write_jsonl(tmp_path / "deep/x.jsonl", ({"a": 1 // n} for n in (1, 0)))
    with pytest.raises(KeyError), replacing(tmp_path / "deep/y") as temporary:
        temporary.write_text("half")
        raise KeyError
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.jsonl"]
    assert list(read_jsonl(tmp_path / "deep/x.jsonl")) == [(1, {"a": "\ud800"})]
