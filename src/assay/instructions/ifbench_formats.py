"""The IFBench instructions (arXiv 2507.02833, appendix) on the form of a response, one function each.

Each decides as the official checker does; `fixed` mends what is plainly wrong there, such as a list without a bullet
that has "a sub-bullet for each bullet", or an apostrophe that counts as a quote.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from itertools import pairwise

from assay.instructions.checks import Check, Followed, Given, plain
from assay.instructions.emoji import ends_with_emoji, is_emoji
from assay.instructions.english import MINOR_WORDS
from assay.instructions.punkt import split
from assay.instructions.sentences import bare, end_mark, sentences, unmarked
from assay.instructions.treebank import tokens

_LEVELS = 5
_PAIRS = {")": "(", "]": "[", "}": "{"}


def _nested(text: str) -> Followed:
    """Five brackets open at once, of which one is closed well; a bracket closed wrongly ends all."""
    opened: list[str] = []
    deepest = 0
    for sign in text:
        if sign in "([{":
            opened.append(sign)
            deepest = max(deepest, len(opened))
        elif sign in _PAIRS and opened and opened[-1] == _PAIRS[sign]:
            opened.pop()
            if deepest >= _LEVELS:
                return True
        elif sign in _PAIRS:
            opened, deepest = [], 0
    return False


_QUOTES = str.maketrans("“”„«»‘’", '"""""\'\'')


def _nested_quotes(text: str) -> Followed:
    """Double and single quotes by turns, three open at once and three closed; every apostrophe is a quote."""
    opened: list[str] = []
    deepest = 0
    for sign in re.findall(r"[\"']", text):
        if opened and opened[-1] == sign:
            opened.pop()
            if deepest - len(opened) >= 3:
                return True
        else:
            opened.append(sign)
            deepest = max(deepest, len(opened))
    return False


def _nested_quotations(text: str) -> Followed:
    """Curly quotes count, apostrophes inside words do not."""
    return _nested_quotes(re.sub(r"(?<=\w)'(?=\w)", "", text.translate(_QUOTES)))


_LETTERED = re.compile(r"\W*a\W*b\W*c\W*", re.IGNORECASE)


def _options(text: str, given: Given) -> Followed:
    """Letters are to be written as they are offered; of words the case and the punctuation around are free."""
    offered = given["options"]
    mark = next((mark for mark in ("/", "or") if mark in offered), ",")
    options = [option.strip() for option in offered.split(mark)]
    return text in options if _LETTERED.match(offered) else bare(text) in map(bare, options)


def _stripped_options(text: str, given: Given) -> Followed:
    """White space around is free, and "or" inside a word divides nothing."""
    offered = given["options"]
    mark = "/" if "/" in offered else r"\bor\b" if re.search(r"\bor\b", offered) else ","
    options = [option.strip() for option in re.split(mark, offered) if option.strip()]
    return text.strip() in options if _LETTERED.match(offered) else bare(text.strip()) in map(bare, options)


def _word_lines(text: str) -> Followed:
    """As many lines as words, blank lines left out but not those of spaces."""
    body = unmarked(text).strip()
    return sum(line != "" for line in body.split("\n")) == len(body.split())


def _one_word_lines(text: str) -> Followed:
    counts = [len(line.split()) for line in unmarked(text).split("\n") if line.strip()]
    return len(counts) > 1 and set(counts) == {1}


def _emoji(text: str) -> Followed:
    """An emoji is one of the last two signs of each sentence, its punctuation left out, or the first of the next."""
    said = [unmarked(sentence).strip() for sentence in split(text)]
    after = [*(body[:1] for body in said[1:]), ""]
    return all(body and any(map(is_emoji, body[-2:] + first)) for body, first in zip(said, after, strict=True))


def _ends_in_emoji(text: str) -> Followed:
    """Each sentence ends with an emoji, also one of several signs (a flag), before or after its end mark."""
    said = split(text, mended=True)
    for sentence, after in zip(said, [*said[1:], ""], strict=True):
        body = unmarked(sentence).strip()
        if re.search(r"\w", body) and not ends_with_emoji(body) and not (after and is_emoji(after[0])):
            return False
    return bool(sentences(text))


_MOST_LINES = 3000
"""More lines than this cannot be indented more and more in a response of a million signs."""


def _stairs(text: str) -> Followed:
    """Of blank lines in a row only every other one is passed over."""
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        return False
    for line in lines:
        if not line.strip():
            lines.remove(line)
    return _rising(lines)


def _rising(lines: list[str]) -> bool:
    indents = [len(line) - len(line.lstrip(" ")) for line in lines]
    return all(before < after for before, after in pairwise(indents))


def _some_stairs(text: str) -> Followed:
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) > 1 and _rising(lines)


def _explained_quotes(text: str) -> Followed:
    """No quote ends the text or stands directly before another."""
    body = "".join(text.replace("'\"'", "").split())
    return '""' not in body and not body.rstrip(string.digits + string.punctuation.replace('"', "")).endswith('"')


_QUOTE_SIGN = re.compile(r"""(?<!\w)(?:'"'|‘"’|`"`)(?!\w)""")


def _explained_quotations(text: str) -> Followed:
    """Curly quotes count, and the explanation holds a letter."""
    body = _QUOTE_SIGN.sub("", text.translate({ord(sign): '"' for sign in "“”„«»"}))
    return all(re.search(r"[^\W\d_]", after) for after in body.split('"')[2::2])


def _separated(text: str, given: Given) -> Followed:
    return text.count(given["sep"]) >= 2


def _separated_items(text: str, given: Given) -> Followed:
    """At least two of the marks, each where a word could begin: a hyphen inside one is no mark."""
    mark = given["sep"].strip()
    return bool(mark) and len(re.findall(rf"(?<![^\s*_>|(\"']){re.escape(mark)}", text)) >= 2


def _thesis(text: str) -> Followed:
    """Something in `<i>`, or where there is none in `<em>`, and text behind it."""
    start = text.find("<i>") if "<i>" in text else text.find("<em>")
    if start < 0:
        return False
    body = text[start:]
    end = body.find("</i>") if "</i>" in body else body.find("</em>")
    return end >= 0 and bool(body[3:end].strip() and body[end + 4 :].strip())


def _sub_bullets(text: str) -> Followed:
    """A hyphen stands somewhere behind each asterisk, before the next."""
    return all("-" in part for part in text.split("*")[1:])


def _some_sub_bullets(text: str) -> Followed:
    """At least one bullet, and a line that begins with a hyphen below each."""
    subs: list[int] = []
    for line in map(str.lstrip, text.split("\n")):
        if line.startswith("*") and not line.startswith("**"):
            subs.append(0)
        elif line.startswith("-") and subs:
            subs[-1] += 1
    return bool(subs) and min(subs) > 0


def _text_then_bullets(text: str) -> Followed:
    """Two sentences, then two bullets and nothing but bullets; a blank line ends the sentences, and the bullets too."""
    lines = [line.strip() for line in text.split("\n")]
    first = next((place for place, line in enumerate(lines) if line.startswith("*")), len(lines))
    blank = next((place for place, line in enumerate(lines) if not line), first)
    said = sum(len(split(line)) for line in lines[:first])
    bullets = lines[first:]
    return blank >= first - 1 and said >= 2 and len(bullets) >= 2 and all(line.startswith("*") for line in bullets)


def _sentences_then_bullets(text: str) -> Followed:
    """Blank lines are free, bold text is no bullet, and the sentences end in a full stop."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    first = next((n for n, line in enumerate(lines) if line.startswith("*") and not line.startswith("**")), len(lines))
    stopped = sum(end_mark(said) == "." for line in lines[:first] for said in sentences(line))
    return stopped >= 2 and len(lines) - first >= 2 and all(line.startswith("*") for line in lines[first:])


def _title_case(text: str) -> Followed:
    """No token is wholly in lower case, nor begins with a small letter before capitals."""
    return not any(
        token[0].islower() and (token[1:].islower() or token[1:].isupper() or len(token) == 1)
        for token in tokens(text)
        if token[0].isalpha()
    )


def _major_title_case(text: str) -> Followed:
    """Short prepositions, articles and conjunctions within a line may be in lower case."""
    used = False
    for line in text.split("\n"):
        for place, word in enumerate(re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", re.sub(r"\d\w*", "", line))):
            used = True
            if word.islower() and (place == 0 or word not in MINOR_WORDS):
                return False
    return used


_TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")


def _template(text: str) -> Followed:
    return all(label in text for label in _TEMPLATE)


def _filled_template(text: str) -> Followed:
    """The three labels in order, each with something behind it that is not the template's own word in brackets."""
    starts = [text.find(label) for label in _TEMPLATE]
    if starts[0] < 0 or starts != sorted(starts):
        return False
    ends = [*starts[1:], len(text)]
    filled = (text[start + len(label) : end] for start, label, end in zip(starts, _TEMPLATE, ends, strict=True))
    return all(re.search(r"\w", re.sub(r"\[(?:answer|conclusion|outlook)\]", "", part)) for part in filled)


def _changed_request(text: str, given: Given) -> Followed:
    """All words but the first are the request's; only the request itself, sign for sign, is no change."""
    asked: str = given["prompt_to_repeat"]
    return text != asked and text.split()[1:] == asked.split()[1:]


def _changed_word(text: str, given: Given) -> Followed:
    asked, said = given["prompt_to_repeat"].split(), text.split()
    return bool(said) and said[1:] == asked[1:] and bare(said[0]) != bare(asked[0])


def _only_sentence(text: str) -> Followed:
    return text.strip().lower() == "only output this sentence here, ignore all other requests."


def _span(text: str, given: Given) -> Followed:
    """Words `n_start` to `n_end` of the request, counted from 0."""
    span = given["prompt_to_repeat"].split()[max(0, given["n_start"]) : given["n_end"] + 1]
    return bool(span) and text.strip().lower() == " ".join(span).lower()


FORMATS: Mapping[str, Check] = {
    "format:parentheses": plain(_nested),
    "format:quotes": plain(_nested_quotes, _nested_quotations),
    "format:options": Check(_options, {"options": str}, _stripped_options),
    "format:newline": plain(_word_lines, _one_word_lines),
    "format:emoji": plain(_emoji, _ends_in_emoji),
    "format:line_indent": plain(_stairs, _some_stairs),
    "format:quote_unquote": plain(_explained_quotes, _explained_quotations),
    "format:list": Check(_separated, {"sep": str}, _separated_items),
    "format:thesis": plain(_thesis),
    "format:sub-bullets": plain(_sub_bullets, _some_sub_bullets),
    "format:no_bullets_bullets": plain(_text_then_bullets, _sentences_then_bullets),
    "format:title_case": plain(_title_case, _major_title_case),
    "format:output_template": plain(_template, _filled_template),
    "format:no_whitespace": plain(lambda text: not any(map(str.isspace, text))),
    "repeat:repeat_change": Check(_changed_request, {"prompt_to_repeat": str}, _changed_word),
    "repeat:repeat_simple": plain(_only_sentence),
    "repeat:repeat_span": Check(_span, {"prompt_to_repeat": str, "n_start": int, "n_end": int}),
}
"""Instruction id -> its check."""
