"""The IFBench instructions (arXiv 2507.02833, appendix), one function each.

Where an instruction relates neighbours ("each sentence ...", "no two consecutive words"), one sentence or one word
alone relates nothing and does not follow it. Where a form is asked for ("must include bullet points"), a response
without it does not follow; where only its use is restricted ("every quoted phrase must be followed by ..."), it does.
"""

from __future__ import annotations

import csv
import io
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from assay.instructions.checks import NUMBER, Check, Followed, Given, plain
from assay.instructions.english import (
    CONJUNCTIONS,
    MINOR_WORDS,
    PERSON_NAMES,
    PRONOUNS,
    STOP_WORDS,
    ends_with_emoji,
    is_emoji,
    starts_with_verb,
    syllables,
)
from assay.instructions.sentences import (
    bare,
    contains_word,
    end_mark,
    letters_only,
    pieces,
    runs,
    sentences,
    unmarked,
    words,
)


def _word_range(text: str, given: Given) -> Followed:
    return bool(given["min_words"] <= len(runs(text)) <= given["max_words"])


def _unique_words(text: str, given: Given) -> Followed:
    return bool(len(set(words(text))) >= given["N"])


def _conjunctions(text: str, given: Given) -> Followed:
    return bool(len(CONJUNCTIONS & set(words(text))) >= given["small_n"])


def _person_names(text: str, given: Given) -> Followed:
    said = set(runs(text))
    return bool(sum(name in said for name in PERSON_NAMES) >= given["N"])


def _pronouns(text: str, given: Given) -> Followed:
    said = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.lower())
    return bool(sum(word in PRONOUNS for word in said) >= given["N"])


def _numbers(text: str, given: Given) -> Followed:
    """`3.14` and `100,000` are one number each."""
    return bool(len(re.findall(r"\d+", unmarked(text))) == given["N"])


def _punctuation(text: str) -> Followed:
    for bang in ("‽", "?!", "!?"):
        if bang in text:
            rest = text.replace(bang, "", 1)
            return all(mark in rest for mark in ".,!?;:")
    return False


def _keyword_counts(text: str, given: Given) -> Followed:
    for number, times in enumerate((1, 2, 3, 5, 7), 1):
        word = re.escape(given[f"keyword{number}"].strip())
        if len(re.findall(rf"(?<!\w){word}(?!\w)", text, re.IGNORECASE)) != times:
            return False
    return True


_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _japanese(text: str, given: Given) -> Followed:
    """A number or a mark in place of a word is passed over, but not everywhere."""
    nth = given["N"]
    asked = [bare(word) for word in text.split()[nth - 1 :: nth]] if nth > 0 else []
    told = [word for word in asked if word and not word.isdigit()]
    return bool(told) and all(_JAPANESE.search(word) for word in told)


def _stop_words(text: str, given: Given) -> Followed:
    said = [word.lower() for word in runs(text)]
    return bool(said) and bool(100 * sum(word in STOP_WORDS for word in said) <= given["percentage"] * len(said))


def _overlap(text: str, given: Given) -> Followed:
    """The share of the response's distinct trigrams that the reference text has, within two points."""
    ours, theirs = _trigrams(text), _trigrams(given["reference_text"])
    return bool(ours) and bool(abs(100 * len(ours & theirs) / len(ours) - given["percentage"]) <= 2)


_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)+|[^\W_]+(?=n['’]t\b)|n['’]t\b|['’](?:s|m|d|ll|re|ve)\b|\w+(?:[-/.]\w+)*|[^\w\s]", re.I
)


def _trigrams(text: str) -> set[tuple[str, str, str]]:
    tokens = _TOKEN.findall(text)
    return set(zip(tokens, tokens[1:], tokens[2:], strict=False))


def _sentence_marks(text: str) -> tuple[int, int, int]:
    marks = Counter(map(end_mark, sentences(text)))
    return marks["."], marks["?"], marks["!"]


def _two_to_one(text: str) -> Followed:
    declared, asked, _ = _sentence_marks(text)
    return asked > 0 and declared == 2 * asked


def _balanced(text: str) -> Followed:
    marks = _sentence_marks(text)
    return marks[0] > 0 and len(set(marks)) == 1


def _three_alike(text: str) -> Followed:
    said, used = sentences(text), letters_only(text)
    return len(said) == 3 and len(set(map(len, said))) == 1 and len(used) == len(set(used))


def _keyword_in_sentence(text: str, given: Given) -> Followed:
    said, nth = sentences(text), given["N"]
    return 1 <= nth <= len(said) and contains_word(said[nth - 1], given["word"].strip())


def _keyword_position(text: str, given: Given) -> Followed:
    """`don't` is one word or two: either count may be meant."""
    said, nth, place, keyword = sentences(text), given["n"], given["m"], given["keyword"].strip().lower()
    if not 1 <= nth <= len(said) or place < 1:
        return False
    split = [token.lower() for token in _TOKEN.findall(said[nth - 1]) if re.search(r"\w", token)]
    return any(used[place - 1 : place] == [keyword] for used in (words(said[nth - 1]), split))


def _second_words(text: str, given: Given) -> Followed:
    used = words(text)
    return len(used) > 1 and used[1] == used[-2] == given["keyword"].strip().lower()


def _increment(text: str, given: Given) -> Followed:
    counts = [len(letters_only(sentence)) for sentence in sentences(text)]
    return len(counts) > 1 and all(after - before == given["small_n"] for before, after in pairwise(counts))


def _alliteration(text: str) -> Followed:
    longest = [_longest_run(letters_only(sentence)) for sentence in sentences(text)]
    return len(longest) > 1 and all(before < after for before, after in pairwise(longest))


def _longest_run(used: list[str]) -> int:
    """The most words in a row with one first letter; a word alone is no run."""
    longest, run = 0, 1
    for before, after in pairwise(used):
        run = run + 1 if before[0] == after[0] else 1
        longest = max(longest, run if run > 1 else 0)
    return longest


def _last_first(text: str) -> Followed:
    used = [words(sentence) for sentence in sentences(text)]
    return len(used) > 1 and all(before and after and before[-1] == after[0] for before, after in pairwise(used))


def _paragraph_ends(text: str) -> Followed:
    used = [found for found in map(words, text.split("\n")) if found]
    return any(len(found) > 1 for found in used) and all(found[0] == found[-1] for found in used)


def _alphabet(text: str) -> Followed:
    firsts = [string.ascii_lowercase.find(word[0]) for word in letters_only(text)]
    in_order = all((before + 1) % 26 == after for before, after in pairwise(firsts))
    return len(firsts) > 1 and min(firsts) >= 0 and in_order


def _three_vowels(text: str) -> Followed:
    body = text.strip().lower()
    used = set("aeiou") & set(unicodedata.normalize("NFD", body))
    return "\n" not in body and 1 <= len(used) <= 3


def _clusters(text: str) -> Followed:
    used = [word for word in text.lower().split() if re.search(r"\w", word)]
    return bool(used) and all(re.search(r"[bcdfghj-np-tv-z]{2}", word) for word in used)


def _palindromes(text: str) -> Followed:
    return sum(len(word) >= 5 and word == word[::-1] for word in letters_only(text)) >= 10


def _prime_lengths(text: str) -> Followed:
    lengths = set(map(len, letters_only(text)))
    return bool(lengths) and all(n > 1 and all(n % d for d in range(2, int(n**0.5) + 1)) for n in lengths)


def _repeats(text: str, given: Given) -> Followed:
    counts = Counter(letters_only(text))
    return bool(counts) and max(counts.values()) <= given["small_n"]


def _odd_even(text: str) -> Followed:
    parity = [syllables(word) % 2 for word in letters_only(text)]
    return len(parity) > 1 and all(before != after for before, after in pairwise(parity))


def _no_consecutive(text: str) -> Followed:
    used = letters_only(text)
    return len(used) > 1 and all(before[0] != after[0] for before, after in pairwise(used))


WORDS: Mapping[str, Check] = {
    "count:word_count_range": Check(_word_range, {"min_words": int, "max_words": int}),
    "count:unique_word_count": Check(_unique_words, {"N": int}),
    "count:conjunctions": Check(_conjunctions, {"small_n": int}),
    "count:person_names": Check(_person_names, {"N": int}),
    "count:pronouns": Check(_pronouns, {"N": int}),
    "count:numbers": Check(_numbers, {"N": int}),
    "count:punctuation": plain(_punctuation),
    "count:keywords_multiple": Check(_keyword_counts, {f"keyword{number}": str for number in range(1, 6)}),
    "count:words_japanese": Check(_japanese, {"N": int}),
    "ratio:stop_words": Check(_stop_words, {"percentage": NUMBER}),
    "ratio:overlap": Check(_overlap, {"reference_text": str, "percentage": NUMBER}),
    "ratio:sentence_type": plain(_two_to_one),
    "ratio:sentence_balance": plain(_balanced),
    "ratio:sentence_words": plain(_three_alike),
    "sentence:keyword": Check(_keyword_in_sentence, {"word": str, "N": int}),
    "sentence:increment": Check(_increment, {"small_n": int}),
    "sentence:alliteration_increment": plain(_alliteration),
    "words:keywords_specific_position": Check(_keyword_position, {"keyword": str, "n": int, "m": int}),
    "words:words_position": Check(_second_words, {"keyword": str}),
    "words:last_first": plain(_last_first),
    "words:paragraph_last_first": plain(_paragraph_ends),
    "words:alphabet": plain(_alphabet),
    "words:vowel": plain(_three_vowels),
    "words:consonants": plain(_clusters),
    "words:palindrome": plain(_palindromes),
    "words:prime_lengths": plain(_prime_lengths),
    "words:repeats": Check(_repeats, {"small_n": int}),
    "words:start_verb": plain(starts_with_verb),
    "words:odd_even_syllables": plain(_odd_even),
    "words:no_consecutive": plain(_no_consecutive),
}
"""Instruction id -> its check."""


_LEVELS = 5


def _nested(text: str) -> Followed:
    """Brackets of any kind, at least five open at once, the innermost well closed and five closed after it."""
    opened: list[str] = []
    goal = -1
    for sign in text:
        if sign in "([{":
            opened.append(sign)
        elif sign in ")]}" and opened:
            if opened.pop() + sign in ("()", "[]", "{}") and len(opened) >= _LEVELS - 1:
                goal = max(goal, len(opened) + 1 - _LEVELS)
            if len(opened) <= goal:
                return True
    return False


_QUOTES = str.maketrans("“”„«»‘’", '"""""\'\'')


def _nested_quotes(text: str) -> Followed:
    """Double and single quotes by turns, three open at once and three closed; an apostrophe in a word is none."""
    opened: list[str] = []
    deepest = 0
    for sign in re.findall(r"[\"']", re.sub(r"(?<=\w)'(?=\w)", "", text.translate(_QUOTES))):
        if opened and opened[-1] == sign:
            opened.pop()
            if deepest - len(opened) >= 3:
                return True
        else:
            opened.append(sign)
            deepest = max(deepest, len(opened))
    return False


def _options(text: str, given: Given) -> Followed:
    """Letters are to be written as they are offered; of words the case and the punctuation around are free."""
    offered = given["options"]
    mark = "/" if "/" in offered else r"\bor\b" if re.search(r"\bor\b", offered) else ","
    options = [option.strip() for option in re.split(mark, offered) if option.strip()]
    if re.match(r"\W*a\W*b\W*c\W*", offered, re.IGNORECASE):
        return text.strip() in options
    return bool(bare(text.strip())) and bare(text.strip()) in map(bare, options)


def _word_lines(text: str) -> Followed:
    counts = [len(line.split()) for line in unmarked(text).split("\n") if line.strip()]
    return len(counts) > 1 and set(counts) == {1}


def _emoji(text: str) -> Followed:
    """Each sentence ends with an emoji, before or after its end mark."""
    said = pieces(text)
    for sentence, after in zip(said, [*said[1:], ""], strict=True):
        body = unmarked(sentence).strip()
        if body and not ends_with_emoji(body) and not (after and is_emoji(after[0])):
            return False
    return any(re.search(r"\w", sentence) for sentence in said)


def _stairs(text: str) -> Followed:
    indents = [len(line) - len(line.lstrip()) for line in text.split("\n") if line.strip()]
    return len(indents) > 1 and all(before < after for before, after in pairwise(indents))


_QUOTE_SIGN = re.compile(r"""(?<!\w)(?:'"'|‘"’|`"`)(?!\w)""")


def _explained_quotes(text: str) -> Followed:
    """No quotation ends the text or stands directly before the next one."""
    body = _QUOTE_SIGN.sub("", text.translate({ord(sign): '"' for sign in "“”„«»"}))
    unquoted = body.split('"')[2::2]
    return all(re.search(r"[^\W\d_]", after) for after in unquoted)


def _separated(text: str, given: Given) -> Followed:
    """At least two of the marks, each where a word could begin: a hyphen inside one is no mark."""
    return len(re.findall(rf"(?<![^\s*_>|(\"']){re.escape(given['sep'].strip())}", text)) >= 2 and bool(
        given["sep"].strip()
    )


def _thesis(text: str) -> Followed:
    """A line or phrase in `<i>` or `<em>` that is followed by text."""
    for tag in ("i", "em"):
        start = text.find(f"<{tag}>")
        end = text.find(f"</{tag}>", max(start, 0))
        if 0 <= start < end:
            return bool(text[start + len(tag) + 2 : end].strip() and text[end + len(tag) + 3 :].strip())
    return False


def _sub_bullets(text: str) -> Followed:
    subs: list[int] = []
    for line in map(str.lstrip, text.split("\n")):
        if line.startswith("*") and not line.startswith("**"):
            subs.append(0)
        elif line.startswith("-") and subs:
            subs[-1] += 1
    return bool(subs) and min(subs) > 0


def _text_then_bullets(text: str) -> Followed:
    """Two sentences that end in a full stop, then two bullets, and nothing but bullets from the first on."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    first = next((n for n, line in enumerate(lines) if line.startswith("*") and not line.startswith("**")), len(lines))
    stopped = sum(end_mark(said) == "." for line in lines[:first] for said in sentences(line))
    return stopped >= 2 and len(lines) - first >= 2 and all(line.startswith("*") for line in lines[first:])


def _title_case(text: str) -> Followed:
    """Every word begins with a capital, but short prepositions, articles and conjunctions within a line need not."""
    used = False
    for line in text.split("\n"):
        for place, word in enumerate(re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", re.sub(r"\d\w*", "", line))):
            used = True
            if word.islower() and (place == 0 or word not in MINOR_WORDS):
                return False
    return used


_TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")


def _template(text: str) -> Followed:
    """The three labels in order, each with something behind it that is not the template's own word in brackets."""
    starts = [text.find(label) for label in _TEMPLATE]
    if starts[0] < 0 or starts != sorted(starts):
        return False
    ends = [*starts[1:], len(text)]
    filled = (text[start + len(label) : end] for start, label, end in zip(starts, _TEMPLATE, ends, strict=True))
    return all(re.search(r"\w", re.sub(r"\[(?:answer|conclusion|outlook)\]", "", part)) for part in filled)


def _changed_request(text: str, given: Given) -> Followed:
    asked, said = given["prompt_to_repeat"].split(), text.split()
    return bool(said) and said[1:] == asked[1:] and bare(said[0]) != bare(asked[0])


def _only_sentence(text: str) -> Followed:
    return text.strip().lower() == "only output this sentence here, ignore all other requests."


def _span(text: str, given: Given) -> Followed:
    """Words `n_start` to `n_end` of the request, counted from 0."""
    span = given["prompt_to_repeat"].split()[max(0, given["n_start"]) : given["n_end"] + 1]
    return bool(span) and text.lower().split() == [word.lower() for word in span]


FORMATS: Mapping[str, Check] = {
    "format:parentheses": plain(_nested),
    "format:quotes": plain(_nested_quotes),
    "format:options": Check(_options, {"options": str}),
    "format:newline": plain(_word_lines),
    "format:emoji": plain(_emoji),
    "format:line_indent": plain(_stairs),
    "format:quote_unquote": plain(_explained_quotes),
    "format:list": Check(_separated, {"sep": str}),
    "format:thesis": plain(_thesis),
    "format:sub-bullets": plain(_sub_bullets),
    "format:no_bullets_bullets": plain(_text_then_bullets),
    "format:title_case": plain(_title_case),
    "format:output_template": plain(_template),
    "format:no_whitespace": plain(lambda text: not re.search(r"\s", text)),
    "repeat:repeat_change": Check(_changed_request, {"prompt_to_repeat": str}),
    "repeat:repeat_simple": plain(_only_sentence),
    "repeat:repeat_span": Check(_span, {"prompt_to_repeat": str, "n_start": int, "n_end": int}),
}
"""Instruction id -> its check."""


_AFRICA = (
    "algeria angola benin botswana burkina burundi cameroon chad comoros djibouti egypt eritrea ethiopia gabon gambia "
    "ghana bissau equatorial kenya lesotho liberia libya madagascar malawi mali mauritania mauritius morocco namibia "
    "mozambique niger nigeria rwanda senegal seychelles somalia togo tunisia uganda zambia zimbabwe tanzania principe "
    "verde ivoire|ivory eswatini|swaziland congo sierra central sudan guinea south_africa south_sudan"
)
"""A word that tells each country of Africa from the others, though "guinea", "sudan" and "congo" stand in several."""
_COUNTRIES = [name.replace("_", " ") for name in _AFRICA.split()]
_NORTH = (
    "reykjavik helsinki oslo tallinn stockholm riga moscow copenhagen vilnius minsk dublin berlin amsterdam warsaw "
    "london brussels kyiv prague luxembourg paris vienna bratislava budapest vaduz chisinau bern ljubljana zagreb"
)
"""Capitals of Europe north of 45 degrees, from north to south. The benchmark's own list leaves Kyiv out."""
_CAPITALS = _NORTH.split()


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _multiples(text: str) -> Followed:
    return re.findall(r"\d+", text) == [str(number) for number in range(14, 51, 7)]


_OPTION = re.compile(r"[A-Ea-e][.)|]\s*\w")


def _questions(text: str) -> Followed:
    """Four questions of five options, each longer than the one before, and nothing before the first."""
    parts = [part.strip() for part in re.split(r"Question \d+[.):;|]?", text.strip())]
    if parts[0] or len(parts) != 5:
        return False
    lengths = []
    for part in parts[1:]:
        lines = [line.strip() for line in part.split("\n")]
        marks = [number for number, line in enumerate(lines) if _OPTION.match(line)]
        if len(marks) != 5:
            return False
        lengths.append(len(" ".join(lines[: marks[0]]).strip()))
    return lengths[0] > 0 and all(before < after for before, after in pairwise(lengths))


def _africa(text: str) -> Followed:
    """From Zimbabwe on nothing but lines in reverse order; two of the 54 countries may be missing."""
    stripped = (_ascii(line).strip(string.punctuation + string.digits + " ") for line in text.split("\n"))
    lines = [line for line in stripped if line]
    start = next((number for number, line in enumerate(lines) if "zimbabwe" in line), len(lines))
    listed = lines[start:]
    named = {country for country in _COUNTRIES for line in listed if re.search(rf"\b(?:{country})\b", line)}
    return len(set(listed)) == len(listed) >= 52 and len(named) >= 50 and listed == sorted(listed, reverse=True)


def _reversed_words(text: str) -> Followed:
    return "eagle bald" in " ".join(letters_only(text))


def _alphabet_story(text: str) -> Followed:
    firsts = [_ascii(sentence).lstrip(string.punctuation + string.whitespace)[:1] for sentence in sentences(text)]
    return firsts == list(string.ascii_lowercase)


def _capitals(text: str) -> Followed:
    named = [name.strip(" .\n\t*") for name in _ascii(text).split(",")]
    named = ["kyiv" if name == "kiev" else name for name in named if name]
    return named in (_CAPITALS, [name for name in _CAPITALS if name != "kyiv"])


def _table(text: str, delimiter: str, header: str, rows: int) -> list[list[str]] | None:
    """The fields as written, quotes included, or `None` where the shape is another one."""
    try:
        data = list(csv.reader(io.StringIO(text.strip().replace('"', '"""')), delimiter=delimiter))
    except csv.Error:
        return None
    data = [[field.strip() for field in row] for row in data]
    names = header.split()
    if len(data) != rows + 1 or any(len(row) != len(names) for row in data):
        return None
    return data if [field.strip('"') for field in data[0]] == names else None


def _city_csv(text: str) -> Followed:
    return _table(text, ",", "ID Country City Year Count", 7) is not None


def _special_csv(text: str) -> Followed:
    data = _table(text, ",", "ProductID Category Brand Price Stock", 14) or []
    return any(re.fullmatch(r'".*"', field) and re.search(r"[^\w\s]", field[1:-1]) for row in data[1:] for field in row)


def _quoted_csv(text: str) -> Followed:
    data = _table(text, "\t", "StudentID Subject Grade Semester Score", 3)
    return data is not None and all(len(field) > 1 and field[0] == field[-1] == '"' for row in data for field in row)


def _dates(text: str) -> Followed:
    """Days of Napoleon's life, 1769 to 1821, and nothing else."""
    for day in text.split(","):
        written = re.fullmatch(r"\s*(1[78]\d\d)-(\d\d)-(\d\d)\s*", day)
        try:
            if not written or not 1769 <= date(*map(int, written.groups())).year <= 1821:
                return False
        except ValueError:
            return False
    return True


CUSTOM: Mapping[str, Check] = {
    "custom:multiples": plain(_multiples),
    "custom:mcq_count_length": plain(_questions),
    "custom:reverse_newline": plain(_africa),
    "custom:word_reverse": plain(_reversed_words),
    "custom:character_reverse": plain(lambda text: "elgae dlab" in text.lower()),
    "custom:sentence_alphabet": plain(_alphabet_story),
    "custom:european_capitals_sort": plain(_capitals),
    "custom:csv_city": plain(_city_csv),
    "custom:csv_special_character": plain(_special_csv),
    "custom:csv_quotes": plain(_quoted_csv),
    "custom:date_format_list": plain(_dates),
}
"""Instruction id -> its check."""
