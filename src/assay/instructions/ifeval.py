"""The 25 instruction types of IFEval (arXiv 2311.07911, table 1), one function each.

Each decides as the official checker does; `fixed` mends what is plainly wrong there. A word is a run of letters, digits
and underscores, a sentence one of Punkt. Paragraphs are separated by `***`, and by a blank line where one is asked to
start with a word. Keywords are literal text without regard to case; a forbidden word counts only as a whole word. All
patterns take time linear in the response.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from assay.instructions.checks import Check, Followed, Given
from assay.instructions.english import mostly_english
from assay.instructions.language import written_in
from assay.instructions.punkt import split
from assay.instructions.sentences import contains_word, runs, sentences
from assay.instructions.treebank import tokens


def _compare(count: int, relation: str, limit: int) -> bool:
    return count < limit if relation == "less than" else count >= limit


def capital_words(text: str) -> int:
    """Words that are wholly in capitals (`I` and `A` are)."""
    return sum(map(str.isupper, tokens(text)))


def _paragraphs(text: str, given: Given) -> Followed:
    parts = re.split(r"\s?\*\*\*\s?", text)
    if any(not part.strip() for part in parts[1:-1]):
        return False
    return bool(sum(bool(part.strip()) for part in parts) == given["num_paragraphs"])


def _first_word(text: str, given: Given) -> Followed:
    """A blank first paragraph is counted when the nth is sought, but not when all are counted."""
    parts = text.split("\n\n")
    return _nth_first_word(parts, sum(bool(part.strip()) for part in parts), given)


def _first_word_of_paragraph(text: str, given: Given) -> Followed:
    parts = [part for part in text.split("\n\n") if part.strip()]
    return _nth_first_word(parts, len(parts), given)


def _nth_first_word(parts: list[str], count: int, given: Given) -> Followed:
    nth = int(given["nth_paragraph"])
    if count != given["num_paragraphs"] or not 1 <= nth <= count or not parts[nth - 1].strip():
        return False
    first = parts[nth - 1].split()[0].lstrip("'").lstrip('"')
    return re.split(r"[.,?!'\"]", first)[0].lower() == str(given["first_word"]).lower()


def _placeholders(text: str, given: Given) -> Followed:
    count = 0
    for line in text.split("\n"):
        start = line.find("[")
        while start >= 0 and (end := line.find("]", start)) >= 0:
            count += 1
            start = line.find("[", end)
    return bool(count >= given["num_placeholders"])


def _postscript(text: str, given: Given) -> Followed:
    marker = str(given["postscript_marker"]).strip()
    known = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(known.get(marker, re.escape(marker.lower())), text.lower()) is not None


def _bullets(text: str, given: Given) -> Followed:
    """Lines that begin with a hyphen, `---` too, or with one asterisk; one alone takes the next line with it."""
    lines = [line.lstrip() for line in text.split("\n")]
    count, taken = 0, False
    for place, line in enumerate(lines):
        starred = not taken and line.startswith("*") and line[1:2] != "*" and (line != "*" or place + 1 < len(lines))
        count += starred + line.startswith("-")
        taken = starred and line == "*"
    return bool(count == given["num_bullets"])


def _item_bullets(text: str, given: Given) -> Followed:
    """A rule (`---`, `* * *`) is no bullet."""
    lines = (line.strip() for line in text.split("\n"))
    return bool(sum(bool(re.match(r"(?:-|\*(?!\*))(?=.*\w)", line)) for line in lines) == given["num_bullets"])


def _highlights(text: str, given: Given) -> Followed:
    single = sum(bool(part.strip("*").strip()) for part in re.findall(r"\*[^\n*]*\*", text))
    double = sum(bool(part[2:-2].strip()) for part in re.findall(r"\*\*[^\n*]*\*\*", text))
    return bool(single + double >= given["num_highlights"])


def _sections(text: str, given: Given) -> Followed:
    return bool(len(re.findall(rf"{re.escape(given['section_spliter'].strip())}\s?\d+", text)) >= given["num_sections"])


def _json_format(text: str, given: Given) -> Followed:
    body = re.sub(r"^```(?:json)?", "", text.strip(), flags=re.I).removesuffix("```").strip()
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str, given: Given) -> Followed:
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end - 2 and line[start : end + 2].lstrip("<").rstrip(">").strip():
            return True
    return False


def _two_responses(text: str, given: Given) -> Followed:
    parts = text.split("******")
    if any(not part.strip() for part in parts[1:-1]):
        return False
    said = [part.strip() for part in parts if part.strip()]
    return len(said) == 2 and said[0] != said[1]


def _in_english(cased: bool, text: str) -> Followed:
    return _language(text, {"language": "en"}) if cased else False


def _language(text: str, given: Given) -> Followed:
    told = written_in(text, given["language"])
    return True if told is None and given["language"] == "en" and mostly_english(text) else told


def _keyword_count(text: str, given: Given) -> Followed:
    """Inside other words too: "cat" stands in "concatenate"."""
    return _compare(text.lower().count(given["keyword"].strip().lower()), given["relation"], given["frequency"])


def _word_frequency(text: str, given: Given) -> Followed:
    found = re.findall(rf"(?<!\w){re.escape(given['keyword'].strip())}(?!\w)", text, re.IGNORECASE)
    return _compare(len(found), given["relation"], given["frequency"])


def _letter_count(text: str, given: Given) -> Followed:
    return _compare(text.lower().count(str(given["letter"]).lower()), given["let_relation"], given["let_frequency"])


def _forbidden(text: str, given: Given) -> Followed:
    lowered = text.lower()
    return not any(re.search(rf"\b{re.escape(str(w).lower())}\b", lowered) for w in given["forbidden_words"])


def _existence(text: str, given: Given) -> Followed:
    """Inside other words too."""
    return all(str(word).lower() in text.lower() for word in given["keywords"])


def _word_existence(text: str, given: Given) -> Followed:
    return all(contains_word(text, str(word)) for word in given["keywords"])


def _word_count(text: str, given: Given) -> Followed:
    return _compare(len(runs(text)), given["relation"], given["num_words"])


def _sentence_count(text: str, given: Given) -> Followed:
    return _compare(len(split(text)), given["relation"], given["num_sentences"])


def _real_sentence_count(text: str, given: Given) -> Followed:
    """Neither "1." is a sentence nor does "e.g." end one."""
    return _compare(len(sentences(text)), given["relation"], given["num_sentences"])


def _capital_count(text: str, given: Given) -> Followed:
    return _compare(capital_words(text), given["capital_relation"], given["capital_frequency"])


def _repeats_prompt(text: str, given: Given) -> Followed:
    return text.strip().lower().startswith(str(given["prompt_to_repeat"]).strip().lower())


def _ends_with(text: str, given: Given) -> Followed:
    return text.strip().strip('"').lower().endswith(str(given["end_phrase"]).strip().lower())


def _quoted(text: str, given: Given) -> Followed:
    body = text.strip()
    return len(body) > 1 and body[0] == '"' and body[-1] == '"'


def _constrained(text: str, given: Given) -> Followed:
    return any(f"My answer is {word}." in text for word in ("yes", "no", "maybe"))


RELATIONS = ("less than", "at least")
"""How a count may be compared with its limit."""
IFEVAL: Mapping[str, Check] = {
    "keywords:existence": Check(_existence, {"keywords": list}, _word_existence),
    "keywords:frequency": Check(_keyword_count, {"keyword": str, "frequency": int, "relation": str}, _word_frequency),
    "keywords:forbidden_words": Check(_forbidden, {"forbidden_words": list}),
    "keywords:letter_frequency": Check(_letter_count, {"letter": str, "let_frequency": int, "let_relation": str}),
    "language:response_language": Check(_language, {"language": str}),
    "length_constraints:number_sentences": Check(
        _sentence_count, {"num_sentences": int, "relation": str}, _real_sentence_count
    ),
    "length_constraints:number_paragraphs": Check(_paragraphs, {"num_paragraphs": int}),
    "length_constraints:number_words": Check(_word_count, {"num_words": int, "relation": str}),
    "length_constraints:nth_paragraph_first_word": Check(
        _first_word, {"num_paragraphs": int, "nth_paragraph": int, "first_word": str}, _first_word_of_paragraph
    ),
    "detectable_content:number_placeholders": Check(_placeholders, {"num_placeholders": int}),
    "detectable_content:postscript": Check(_postscript, {"postscript_marker": str}),
    "detectable_format:number_bullet_lists": Check(_bullets, {"num_bullets": int}, _item_bullets),
    "detectable_format:constrained_response": Check(_constrained, {}),
    "detectable_format:number_highlighted_sections": Check(_highlights, {"num_highlights": int}),
    "detectable_format:multiple_sections": Check(_sections, {"section_spliter": str, "num_sections": int}),
    "detectable_format:json_format": Check(_json_format, {}),
    "detectable_format:title": Check(_title, {}),
    "combination:two_responses": Check(_two_responses, {}),
    "combination:repeat_prompt": Check(_repeats_prompt, {"prompt_to_repeat": str}),
    "startend:end_checker": Check(_ends_with, {"end_phrase": str}),
    "startend:quotation": Check(_quoted, {}),
    "change_case:capital_word_frequency": Check(_capital_count, {"capital_frequency": int, "capital_relation": str}),
    "change_case:english_capital": Check(lambda text, given: _in_english(text.isupper(), text), {}),
    "change_case:english_lowercase": Check(lambda text, given: _in_english(text.islower(), text), {}),
    "punctuation:no_comma": Check(lambda text, given: "," not in text, {}),
}
"""Instruction id -> its check."""
