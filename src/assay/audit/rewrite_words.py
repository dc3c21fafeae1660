"""Rewrites and changes of letters, yes and no, short texts, lists of names and assignments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from assay.audit.subject import Subject
from assay.types import Example

_YES = {
    True: ("yes", "true", "Yes", "True", "TRUE", "correct"),
    False: ("no", "false", "No", "False", "FALSE", "incorrect"),
}
_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z'. -]*[A-Za-z]")


# One letter


def letter(example: Example) -> str | None:
    return str(example.reference).strip().strip("().").upper()


def _options(s: Subject) -> dict[str, str]:
    given = s.example.params.get("options") or s.example.options
    if isinstance(given, Mapping):
        return {str(name).upper(): str(text) for name, text in given.items()}
    return {chr(65 + i): str(text) for i, text in enumerate(given)}


def letter_in_brackets(s: Subject) -> str | None:
    return s.rng.choice([f"({s.answer})", f"[{s.answer}]", f"({s.answer.lower()})", f" {s.answer} "])


def letter_with_mark(s: Subject) -> str | None:
    return s.answer + s.rng.choice([".", ")", ":"])


def bold_letter(s: Subject) -> str | None:
    return f"**{s.answer}**"


def option_letter(s: Subject) -> str | None:
    return f"{s.rng.choice(['Option', 'option', 'Choice', 'Answer:'])} {s.answer}"


def letter_in_latex(s: Subject) -> str | None:
    styles = ["\\text{{{}}}", "\\mathrm{{{}}}", "\\textbf{{({})}}", "\\text{{({})}}", "\\mathbf{{{}}}"]
    return s.rng.choice(styles).format(s.answer)


def letter_and_text(s: Subject) -> str | None:
    """`C) Benzene`, where the text is that of the letter."""
    text = _options(s).get(s.answer)
    sign = s.rng.choice(["{}) {}", "({}) {}", "{}. {}", "{}: {}"])
    return sign.format(s.answer, text) if text and _short(text) else None


def option_text(s: Subject) -> str | None:
    """The text alone, where no other option has it and it is no letter."""
    options = _options(s)
    text = options.get(s.answer, "")
    texts = [folded(other) for other in options.values()]
    plain = _short(text) and len(folded(text)) > 3 and texts.count(folded(text)) == 1
    return text if plain and _PLAIN_TEXT.fullmatch(text) else None


def another_letter(s: Subject) -> str | None:
    others = [name for name in (_options(s) or "ABCDE") if name != s.answer]
    return s.rng.choice(others) if others else None


def all_letters(s: Subject) -> str | None:
    return "".join(_options(s) or "ABCDE") if len(_options(s)) != 1 else None


def two_letters(s: Subject) -> str | None:
    other = another_letter(s)
    return None if other is None else s.rng.choice(["{} and {}", "{}, {}", "{}/{}", "{} or {}"]).format(s.answer, other)


def letter_with_another_text(s: Subject) -> str | None:
    """The right letter beside the text of another option."""
    options, other = _options(s), another_letter(s)
    text = options.get(other or "", "")
    different = folded(text) != folded(options.get(s.answer, ""))
    return f"{s.answer}) {text}" if _short(text) and different and _PLAIN_TEXT.fullmatch(text) else None


def another_options_text(s: Subject) -> str | None:
    options, other = _options(s), another_letter(s)
    text = options.get(other or "", "")
    different = folded(text) != folded(options.get(s.answer, "")) and len(folded(text)) > 3
    return text if _short(text) and different and _PLAIN_TEXT.fullmatch(text) else None


CHOICE_KEEPS = (
    letter_in_brackets,
    letter_with_mark,
    bold_letter,
    option_letter,
    letter_in_latex,
    letter_and_text,
    option_text,
)
CHOICE_CHANGES = (another_letter, all_letters, two_letters, letter_with_another_text, another_options_text)


# Yes and no


def yes_or_no(example: Example) -> str | None:
    said = _truth(example.reference)
    return None if said is None else ("Yes" if said else "No")


def _truth(reference: object) -> bool | None:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(str(reference).lower())


def other_word(s: Subject) -> str | None:
    return s.rng.choice(_YES[s.answer == "Yes"])


def yes_with_a_mark(s: Subject) -> str | None:
    return s.answer + s.rng.choice(["!", ",", '"', "**"])


def yes_in_latex(s: Subject) -> str | None:
    return f"\\text{{{other_word(s)}}}"


def entailed_or_refuted(s: Subject) -> str | None:
    pair = s.rng.choice([("entailed", "refuted"), ("supported", "refuted"), ("entailment", "contradiction")])
    return pair[s.answer != "Yes"]


def opposite(s: Subject) -> str | None:
    return s.rng.choice(_YES[s.answer != "Yes"])


def negated_word(s: Subject) -> str | None:
    return f"not {'true' if s.answer == 'Yes' else 'false'}"


def both(s: Subject) -> str | None:
    return s.rng.choice(["yes and no", "true or false", "Yes/No", "True, False", "maybe", "unknown"])


YES_KEEPS = (other_word, yes_with_a_mark, yes_in_latex, entailed_or_refuted)
YES_CHANGES = (opposite, negated_word, both)


# Short texts


def first_text(example: Example) -> str | None:
    """The first accepted string, where it is short and on one line."""
    given = example.reference[0] if isinstance(example.reference, list) and example.reference else example.reference
    text = str(given).strip()
    return text if _short(text) and folded(text) and not re.search(r"[{}\\$]", text) else None


def _accepted(s: Subject) -> list[str]:
    return [folded(text) for text in _texts(s)]


def folded(text: str) -> str:
    """Letters and digits only: two texts that differ here are different answers."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def _short(text: str) -> bool:
    return 0 < len(text) <= 80 and "\n" not in text


def another_case(s: Subject) -> str | None:
    made = s.rng.choice([s.answer.upper(), s.answer.lower(), s.answer.title()])
    return made if s.answer.isascii() else None


def an_article(s: Subject) -> str | None:
    """`the Seine` for `Seine`, and the other way round."""
    if s.answer.lower().startswith("the "):
        return s.answer[4:] if len(s.answer) > 6 else None
    return f"the {s.answer}" if _PLAIN_TEXT.fullmatch(s.answer) else None


def quoted(s: Subject) -> str | None:
    left, right = s.rng.choice([('"', '"'), ("“", "”"), ("'", "'"), ("`", "`"), ("**", "**")])
    return f"{left}{s.answer}{right}" if not re.search(r"[\"'`“”*]", s.answer) else None


def without_diacritics(s: Subject) -> str | None:
    plain = "".join(c for c in unicodedata.normalize("NFKD", s.answer) if not unicodedata.combining(c))
    return plain if plain != s.answer and plain.isascii() else None


def without_punctuation(s: Subject) -> str | None:
    """Without commas, and hyphens as spaces."""
    plain = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", re.sub(r",(?=\s)", "", s.answer))
    return plain if plain != s.answer else None


def text_command(s: Subject) -> str | None:
    return f"\\text{{{s.answer}}}" if _PLAIN_TEXT.fullmatch(s.answer) else None


def more_spaces(s: Subject) -> str | None:
    return s.answer.replace(" ", "  ") if " " in s.answer else None


def another_rows_text(s: Subject) -> str | None:
    """A text that shares no word with any accepted one."""
    if s.other is None or not folded(s.other):
        return None
    mine = {word for text in _texts(s) for word in re.findall(r"\w+", text.lower())}
    near = any(text in folded(s.other) or folded(s.other) in text for text in _accepted(s))
    return None if near or mine & set(re.findall(r"\w+", s.other.lower())) else s.other


def _texts(s: Subject) -> list[str]:
    given = s.example.reference
    return [str(item) for item in (given if isinstance(given, list) else [given])]


def a_letter_changed(s: Subject) -> str | None:
    """Another letter inside the longest word, where no accepted text is left."""
    longest = max(re.findall(r"[a-z]{5,}", s.answer), key=len, default="")
    if not longest or not s.answer.isascii() or "(" in s.answer:
        return None
    at = s.answer.index(longest) + s.rng.randrange(1, len(longest) - 1)
    made = s.answer[:at] + ("x" if s.answer[at] != "x" else "k") + s.answer[at + 1 :]
    return None if any(text in folded(made) for text in _accepted(s)) else made


def a_word_dropped(s: Subject) -> str | None:
    words = s.answer.split()
    made = " ".join(words[:-1])
    if (
        len(words) < 2
        or words[0].lower() in ("a", "an", "the", "in", "on", "at")
        or not words[-1].isalpha()
        or len(words[-2]) < 4
    ):
        return None
    left = any(text in folded(made) for text in _accepted(s))
    return made if _PLAIN_TEXT.fullmatch(made) and not left else None


def two_texts(s: Subject) -> str | None:
    other = another_rows_text(s)
    return None if other is None or s.answer in other else f"{s.answer} or {other}"


TEXT_KEEPS = (another_case, an_article, quoted, without_diacritics, without_punctuation, text_command, more_spaces)
TEXT_CHANGES = (another_rows_text, a_letter_changed, a_word_dropped, two_texts)
