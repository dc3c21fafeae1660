"""The IFBench instructions (arXiv 2507.02833, appendix) that count and compare words and sentences, one function each.

Each decides as the official checker does. That one often holds where there is nothing to compare ("no two consecutive
words" of one word); `fixed` asks for something to compare.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from assay.instructions.checks import NUMBER, Check, Followed, Given, plain
from assay.instructions.english import CONJUNCTIONS, PERSON_NAMES, PRONOUNS, STOP_WORDS, starts_with_verb
from assay.instructions.punkt import split
from assay.instructions.sentences import bare, end_mark, letters_only, runs, sentences, unmarked, words
from assay.instructions.syllables import syllables
from assay.instructions.treebank import spoken, tokens


def _word_range(text: str, given: Given) -> Followed:
    return bool(given["min_words"] <= len(runs(text)) <= given["max_words"])


def _unique_words(text: str, given: Given) -> Followed:
    return bool(len(set(map(bare, text.split()))) >= given["N"])


def _conjunctions(text: str, given: Given) -> Followed:
    """`and`, `And` and `and,` are three."""
    return bool(len({word for word in text.split() if bare(word) in CONJUNCTIONS}) >= given["small_n"])


def _distinct_conjunctions(text: str, given: Given) -> Followed:
    return bool(len(CONJUNCTIONS & set(words(text))) >= given["small_n"])


def _person_names(text: str, given: Given) -> Followed:
    said = set(runs(text))
    return bool(sum(name in said for name in PERSON_NAMES) >= given["N"])


def _pronouns(text: str, given: Given) -> Followed:
    return bool(sum(word in PRONOUNS for word in spoken(text.lower().replace("/", " "))) >= given["N"])


def _numbers(text: str, given: Given) -> Followed:
    """`3.14` and `100,000` are one number each."""
    return bool(len(re.findall(r"\d+", unmarked(text))) == given["N"])


def _punctuation(text: str) -> Followed:
    if not any(bang in text for bang in ("?!", "!?", "‽")):
        return False
    rest = text.replace("?!" if "?!" in text else "!?", "", 1)
    return all(mark in rest for mark in ".,!?;:")


def _keyword_counts(text: str, given: Given) -> Followed:
    for number, times in enumerate((1, 2, 3, 5, 7), 1):
        word = re.escape(given[f"keyword{number}"].strip())
        if len(re.findall(rf"\b{word}\b", text, re.IGNORECASE)) != times:
            return False
    return True


_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _asked_japanese(text: str, given: Given) -> list[bool]:
    """Whether each word of those places is Japanese; a number or a mark in place of a word is passed over."""
    nth = given["N"]
    asked = map(bare, text.split()[nth - 1 :: nth] if nth > 0 else ["no place"])
    return [bool(_JAPANESE.search(word)) for word in asked if word and not word.isdigit()]


def _japanese(text: str, given: Given) -> Followed:
    return all(_asked_japanese(text, given))


def _some_japanese(text: str, given: Given) -> Followed:
    asked = _asked_japanese(text, given)
    return bool(asked) and all(asked)


def _stop_words(text: str, given: Given) -> Followed:
    said = [word.lower() for word in runs(text)]
    return bool(said) and bool(sum(word in STOP_WORDS for word in said) / len(said) * 100 <= given["percentage"])


def _overlap(text: str, given: Given) -> Followed:
    """The share of the response's distinct trigrams that the reference text has, within two points."""
    ours, theirs = _trigrams(text), _trigrams(given["reference_text"])
    share = len(ours & theirs) / len(ours) * 100 if ours else 0
    return bool(ours) and bool(given["percentage"] - 2 <= share <= given["percentage"] + 2)


def _trigrams(text: str) -> set[tuple[str, str, str]]:
    said = tokens(text)
    return set(zip(said, said[1:], said[2:], strict=False))


def _two_to_one(text: str) -> Followed:
    ends = Counter(sentence[-1] for sentence in split(text))
    return ends["."] == 2 * ends["?"]


def _balanced(text: str) -> Followed:
    ends = Counter(sentence[-1] for sentence in split(text))
    return ends["."] == ends["?"] == ends["!"]


def _some_two_to_one(text: str) -> Followed:
    ends = Counter(map(end_mark, sentences(text)))
    return ends["?"] > 0 and ends["."] == 2 * ends["?"]


def _some_balanced(text: str) -> Followed:
    ends = Counter(map(end_mark, sentences(text)))
    return ends["."] > 0 and ends["."] == ends["?"] == ends["!"]


def _three_alike(text: str) -> Followed:
    said, used = [sentence.strip() for sentence in split(text)], letters_only(text)
    return len(said) == 3 and len(set(map(len, said))) == 1 and len(used) == len(set(used))


def _keyword_in_sentence(text: str, given: Given) -> Followed:
    said, nth, word = split(text), given["N"], re.escape(given["word"])
    return 1 <= nth <= len(said) and bool(re.search(rf"\b{word}\b", said[nth - 1], re.IGNORECASE))


def _keyword_position(text: str, given: Given) -> Followed:
    said, nth, place = split(text), given["n"], given["m"]
    if not 1 <= nth <= len(said) or place < 1:
        return False
    return spoken(said[nth - 1])[place - 1 : place] == [given["keyword"].strip().lower()]


def _second_words(text: str, given: Given) -> Followed:
    used = spoken(text)
    return len(used) > 1 and used[1] == used[-2] == given["keyword"].strip().lower()


def _increment(text: str, given: Given) -> Followed:
    counts = [len(letters_only(sentence)) for sentence in split(text)]
    return all(after - before == given["small_n"] for before, after in pairwise(counts))


def _alliteration(text: str) -> Followed:
    counts = list(map(_alliterating, split(text)))
    return all(before < after for before, after in pairwise(counts))


def _alliterating(sentence: str) -> int:
    """How many words share their first sign with a neighbour; a run counts afresh where another ends."""
    firsts = [word[0] for word in (w.lstrip(string.punctuation) for w in sentence.lower().split()) if word]
    same = [before == after for before, after in pairwise(firsts)]
    return sum(same) + sum(now and not before for before, now in pairwise([False, *same]))


def _last_first(text: str) -> Followed:
    """The signs before the last word and behind the first one count."""
    said = split(text)
    lasts = (sentence.rstrip(string.punctuation + " ").lower().split()[-1:] for sentence in said)
    firsts = (sentence.lstrip(string.punctuation + " ").lower().split()[:1] for sentence in said[1:])
    return all(last and last == first for last, first in zip(lasts, firsts, strict=False))


def _last_first_words(text: str) -> Followed:
    used = [found for found in map(words, sentences(text)) if found]
    return len(used) > 1 and all(before[-1] == after[0] for before, after in pairwise(used))


def _paragraph_ends(text: str) -> Followed:
    lines = [line.strip().lower().strip(string.punctuation + " ").split() for line in text.split("\n")]
    return all(line[0] == line[-1] for line in lines if line)


def _paragraph_words(text: str) -> Followed:
    used = [found for found in map(words, text.split("\n")) if found]
    return any(len(found) > 1 for found in used) and all(found[0] == found[-1] for found in used)


def _alphabet(text: str) -> Followed:
    firsts = [string.ascii_lowercase.find(word[0]) for word in letters_only(text)]
    in_order = all((before + 1) % 26 == after for before, after in pairwise(firsts))
    return bool(firsts) and min(firsts) >= 0 and in_order


def _three_vowels(text: str) -> Followed:
    body = text.strip().lower()
    return "\n" not in body and len(set("aeiou") & set(body)) <= 3


def _clusters(text: str) -> Followed:
    return all(re.search(r"[bcdfghj-np-tv-z]{2}", word) for word in text.lower().split())


def _clusters_of_words(text: str) -> Followed:
    return _clusters(" ".join(word for word in text.split() if re.search(r"\w", word)))


def _palindromes(text: str) -> Followed:
    return sum(len(word) >= 5 and word == word[::-1] for word in letters_only(text)) >= 10


def _prime_lengths(text: str) -> Followed:
    return all(n > 1 and all(n % d for d in range(2, int(n**0.5) + 1)) for n in set(map(len, letters_only(text))))


def _repeats(text: str, given: Given) -> Followed:
    return bool(max(Counter(letters_only(text)).values(), default=0) <= given["small_n"])


def _odd_even(text: str) -> Followed:
    parity = [syllables(word) % 2 for word in letters_only(text)]
    return all(before != after for before, after in pairwise(parity))


def _no_consecutive(text: str) -> Followed:
    return all(before[0] != after[0] for before, after in pairwise(letters_only(text)))


def _related(of: Callable[[str], Sequence[str]], follows: Callable[[str], Followed]) -> Check:
    """A check of neighbours, which `fixed` asks to be two at least."""
    return plain(follows, lambda text: len(of(text)) > 1 and follows(text))


WORDS: Mapping[str, Check] = {
    "count:word_count_range": Check(_word_range, {"min_words": int, "max_words": int}),
    "count:unique_word_count": Check(_unique_words, {"N": int}),
    "count:conjunctions": Check(_conjunctions, {"small_n": int}, _distinct_conjunctions),
    "count:person_names": Check(_person_names, {"N": int}),
    "count:pronouns": Check(_pronouns, {"N": int}),
    "count:numbers": Check(_numbers, {"N": int}),
    "count:punctuation": plain(_punctuation),
    "count:keywords_multiple": Check(_keyword_counts, {f"keyword{number}": str for number in range(1, 6)}),
    "count:words_japanese": Check(_japanese, {"N": int}, _some_japanese),
    "ratio:stop_words": Check(_stop_words, {"percentage": NUMBER}),
    "ratio:overlap": Check(_overlap, {"reference_text": str, "percentage": NUMBER}),
    "ratio:sentence_type": plain(_two_to_one, _some_two_to_one),
    "ratio:sentence_balance": plain(_balanced, _some_balanced),
    "ratio:sentence_words": plain(_three_alike),
    "sentence:keyword": Check(_keyword_in_sentence, {"word": str, "N": int}),
    "sentence:increment": Check(
        _increment, {"small_n": int}, lambda text, given: len(sentences(text)) > 1 and _increment(text, given)
    ),
    "sentence:alliteration_increment": _related(sentences, _alliteration),
    "words:keywords_specific_position": Check(_keyword_position, {"keyword": str, "n": int, "m": int}),
    "words:words_position": Check(_second_words, {"keyword": str}),
    "words:last_first": plain(_last_first, _last_first_words),
    "words:paragraph_last_first": plain(_paragraph_ends, _paragraph_words),
    "words:alphabet": _related(words, _alphabet),
    "words:vowel": plain(_three_vowels),
    "words:consonants": plain(_clusters, _clusters_of_words),
    "words:palindrome": plain(_palindromes),
    "words:prime_lengths": plain(_prime_lengths),
    "words:repeats": Check(_repeats, {"small_n": int}),
    "words:start_verb": plain(starts_with_verb),
    "words:odd_even_syllables": _related(words, _odd_even),
    "words:no_consecutive": _related(words, _no_consecutive),
}
"""Instruction id -> its check."""
