"""One hand-written row of each published layout: what is asked, who judges, and gold that passes."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.errors import MissingData
from assay.judging.session import verify
from assay.sources.base import SOURCES
from assay.sources.files import Real
from assay.sources.hierarchy import linear, of_html
from assay.types import Example


def read(root: Path, name: str, *rows: Any, split: str = "", **more: Any) -> list[Example]:
    """The Examples of hand-written rows, put where the source expects them; `more` are its other files."""
    source = SOURCES.get(name)
    assert isinstance(source, Real)
    split = split or source.splits[0]
    for file, lines in ((source.files[split], rows), *((getattr(source, key), given) for key, given in more.items())):
        path = root / file.removesuffix(".gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.suffix == ".json"
        path.write_text(json.dumps(lines) if whole else "\n".join(map(json.dumps, lines)))
    return list(source.examples(split, data=root))


CONTEXT = {"context": "Ann is old.", "question": "Is Ann old?", "options": ["A) True", "B) False"], "answer": "A"}
PLUS = {
    "task_id": "HumanEval/0", "prompt": 'def f(x):\n    """Double x."""\n', "entry_point": "f",
    "canonical_solution": "    return 2 * x\n", "base_input": [[1], [2]], "plus_input": [[3.5], ["no", 1]], "atol": 0,
}  # fmt: skip
LEET = {
    "problem": "Please solve the programming task below using a self-contained code snippet in a markdown code block."
    "\n\nTurn the tree.\n\nPlease complete the following python code precisely:\n```python\nclass Solution:\n"
    "    def turn(self, root):\n```\n",
    "solutions": "class Solution:\n    def turn(self, root):\n        if root:\n"
    "            root.left, root.right = self.turn(root.right), self.turn(root.left)\n        return root\n",
    "tests": {"functional": "def check(candidate):\n"
    "    assert is_same_tree(candidate(root = tree_node([1,None,2,3])), tree_node([1,2,None,None,3]))\n"
    "\n\ncheck(Solution().turn)"},
}  # fmt: skip
PUZZLE = {
    "name": "P:0", "sat": "def sat(n: int, low=5):\n    return n > low", "sol_header": "def sol(low=5):",
    "sol_docstring": '    """Find a larger number."""', "sol_bodies": ["    return low + 1"], "module": "study.py",
}  # fmt: skip
FINQA = {"context": ["profit was 5 ;"], "table": [["", "2019"], ["sales", "40"]], "question": "what share?"}
TATQA = {
    "paragraphs": [{"text": "Costs rose."}],
    "table": {"table": [["", "2019"], ["Sales", "$1,200"]]},
    "questions": [
        {"question": "Sales?", "answer": ["$1,200"], "scale": "thousand"},
        {"question": "What rose?", "answer": ["Costs"], "scale": ""},
        {"question": "Why, in full?", "answer": ["Because of many things at once"], "scale": ""},
        {"question": "Which change?", "answer": -12.5, "scale": "percent"},
        {"question": "What are they, respectively?", "answer": ["Sales", "Costs"], "scale": ""},
    ],
}
HIERTT = {
    "paragraphs": ["Costs rose."],
    "tables": ["<table><tr><td></td><td colspan='2'>2019</td></tr><tr><td>Sales</td><td>4</td><td>5</td></tr></table>"],
    "qa": {"question": "Sum?", "answer": 9, "question_type": "arithmetic", "text_evidence": []},
}


@pytest.mark.parametrize(
    ("name", "row", "verifier", "reference", "said"),
    [
        ("math/svamp", {"Body": "Ann had 3", "Question": "How many?", "Answer": 3.0, "Type": "x"},
         "number", "3", "how many"),
        ("math/asdiv", {"body": "B.", "question": "Q?", "answer": "9 (red apples)", "solution_type": "x"},
         "number", "9", "B. Q?"),
        ("math/minerva", {"problem": "P", "solution": r"So \boxed{2x}.", "type": "t"}, "math", "2x", "P"),
        ("math/olympiadbench", {"context": None, "question": "Q", "final_answer": ["$1$,$2$"], "subfield": "s",
         "is_multiple_answer": True}, "math", "1,2", "separated by commas"),
        ("science/scibench", {"problem_text": "P", "unit": "$\\mathrm{kJ}$ ", "answer_number": " +2.5"},
         "number", "+2.5", "in units of $\\mathrm{kJ}$"),
        ("science/theoremqa", {"Question": "Q", "Answer": True, "Answer_type": "bool", "Picture": None,
         "subfield": "s", "field": "Physics"}, "boolean", True, "as True or False"),
        ("math/theoremqa", {"Question": "Q", "Answer": [0.5, 2.0], "Answer_type": "list of float", "Picture": None,
         "subfield": "s", "field": "Math"}, "number", ["0.5", "2"], "1 decimal place."),
        ("math/theoremqa", {"Question": "(a) 1 (b) 2", "Answer": "(b)", "Answer_type": "option", "Picture": None,
         "subfield": "s", "field": "Math"}, "choice", "B", "letter"),
        ("logic/folio", CONTEXT, "choice", "A", "A) True\nB) False"),
        ("logic/logiqa", CONTEXT | {"options": ["True", "False"]}, "choice", "A", "A) True\nB) False"),
        ("code/humanevalplus", PLUS, "code.tests", None, "Complete the following"),
        ("code/mbppplus", PLUS | {"assertion": "assert f(1) == 2", "prompt": '"""\nDouble.\nassert f(1) == 2\n"""\n',
         "canonical_solution": "def f(x):\n    return 2 * x\n"}, "code.tests", None, "assert f(1) == 2"),
        ("code/leetcode", LEET, "code.tests", None, "class Solution:"),
        ("simulation/p3", PUZZLE, "sat", {"code": PUZZLE["sat"]}, "def sat"),
        ("table/finqa", FINQA | {"program": "divide(5, 40)", "exe_ans_derived": 0.125}, "number", "0.125", "percent"),
        ("table/finqa", FINQA | {"program": "add(5, 40), greater(#0, 1)", "exe_ans_derived": "yes"},
         "boolean", True, "yes or no"),
        ("table/multihiertt", HIERTT, "number", 9, "| Sales | 4 | 5 |"),
    ],
)  # fmt: skip
def test_a_row(tmp_path: Path, name: str, row: Any, verifier: str, reference: Any, said: str) -> None:
    (example,) = read(tmp_path, name, row)
    assert example.verifier == verifier and reference in (None, example.reference) and said in example.asked_text
    assert example.gold is not None and verify(example, example.gold).is_correct
    assert not verify(example, "").is_correct


def test_tatqa_takes_a_page_apart(tmp_path: Path) -> None:
    amount, text, change, several = read(tmp_path, "table/tatqa", TATQA)
    assert (amount.verifier, amount.reference, amount.params["scale"]) == ("number", "1,200", "thousand")
    assert "in thousands" in amount.asked_text and "Costs rose." in amount.text
    assert (text.verifier, text.reference) == ("text", "Costs")
    assert change.reference == "-12.5" and "in percent" in change.asked_text and "1 decimal place" in change.asked_text
    assert (several.verifier, several.reference) == ("sequence", ["Sales", "Costs"])
    assert all(verify(e, e.gold or "").is_correct for e in (amount, text, change, several))
    assert verify(amount, "It was $1.2 million.").is_correct and not verify(amount, "It was 1.2.").is_correct


def test_livecodebench_joins_statements_and_tests(tmp_path: Path) -> None:
    told = {"question_content": "Add.", "starter_code": "class Solution:\n    def add(self, a, b):\n        "}
    shared = {"platform": "p", "difficulty": "easy", "contest_date": "2024-01-02T00:00:00", "validated": True}
    calls = {"testtype": "functional", "fn_name": "add", "tests": [{"kwargs": {"a": 1, "b": 2}, "output": 3}]}
    lines = {"testtype": "stdin", "tests": [{"input": "1 2\n", "output": "3\n"}]}
    rows = [{"question_id": "1", **shared, **calls}, {"question_id": "2", **shared, **lines},
            {"question_id": "3", **shared, **lines, "validated": False}]  # fmt: skip
    problems = [{"question_id": str(n), **told, "question_content": f"Add {n}."} for n in (1, 2, 3)]
    called, read_in = read(tmp_path, "code/livecodebench", *rows, joined=problems)
    assert called.verifier == "code.tests" and "date:2024-01-02" in called.tags and "def add" in called.asked_text
    assert verify(called, "```python\nclass Solution:\n    def add(self, a, b):\n        return a + b\n```").is_correct
    assert read_in.verifier == "code.stdio" and "standard input" in read_in.asked_text
    assert verify(read_in, "```python\nprint(sum(map(int, input().split())))\n```").is_correct


def test_arc_agi2_leaves_out_what_arc_agi1_has(tmp_path: Path) -> None:
    grid = {"input": [[0, 1]], "output": [[1, 0]]}
    for name, ids in (("arc_agi1_training", "a"), ("arc_agi1_evaluation", "b"), ("arc_agi2_training", "abc")):
        lines = [json.dumps({"task_id": i, "train": [grid], "test": [grid]}) for i in ids]
        (tmp_path / "logic").mkdir(exist_ok=True)
        (tmp_path / f"logic/{name}.jsonl").write_text("\n".join(lines))
    assert [e.tags[1] for e in SOURCES.get("logic/arc_agi2").examples(data=tmp_path)] == ["task:c"]


def test_a_missing_file_says_where_it_is_published(tmp_path: Path) -> None:
    for name, place in (
        ("math/aime24", "huggingface.co/datasets/HuggingFaceH4/aime_2024"),
        ("table/multihiertt", "github"),
    ):
        with pytest.raises(MissingData, match=place):
            next(SOURCES.get(name).examples(SOURCES.get(name).splits[0], data=tmp_path))


def area(top: int, bottom: int, left: int, right: int) -> dict[str, int]:
    return {"first_row": top, "last_row": bottom, "first_column": left, "last_column": right}


def test_every_cell_is_read_with_its_path() -> None:
    texts = [["age", "2019", "", "2020", ""], ["", "n", "%", "n", "%"], ["men", "", "", "", ""],
             ["old", "1", "2", "3", "4"], ["young", "5", "", "7", "8"],
             ["women", "", "", "", ""], ["old", "9", "9", "9", "9"], ["a note", "", "", "", ""]]  # fmt: skip
    head, *rows = linear(texts, [area(0, 1, 0, 0), area(0, 0, 1, 2), area(0, 0, 3, 4), area(4, 4, 1, 2)], 2)
    assert head == ["age", "2019 > n", "2019 > %", "2020 > n", "2020 > %"]
    assert [row[0] for row in rows] == ["men > old", "men > young", "women > old", "a note"]
    assert rows[1] == ["men > young", "5", "5", "7", "8"]


def test_rows_below_a_merged_cell_say_its_text() -> None:
    texts = [["club", "year", "goals"], ["Rovers", "2001", "3"], ["", "2002", "4"]]
    assert linear(texts, [area(1, 2, 0, 0)], 1)[2] == ["Rovers", "2002", "4"]


def test_html_spans() -> None:
    html = "<table><tr><th rowspan=2>a</th><th colspan=2>b &amp; c</th></tr><tr><td>d</td><td>e</td></tr></table>"
    assert of_html(html) == [["a", "b & c", "b & c"], ["a", "d", "e"]]
    assert of_html("<p>none") == []
    assert len(of_html("<tr><td colspan='999999999'>x</td></tr>")[0]) == 200
