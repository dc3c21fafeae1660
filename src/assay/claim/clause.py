"""Whether words that give an answer are their writer's own main clause.

"The answer is" asserts what follows where before it in its sentence stand only words of closed lists that lead on to it
("so", "we find that", "the final"), behind nothing or behind an adjunct that ends there ("Since 9 = 3 * 3, ", "Adding
these, "). It asserts nothing as the complement of other words ("Ann says that", "check whether"), in quotes, or under a
condition with "would". A value of a case ("For n = 5, the answer is 42") is asserted unless another claim is that is of
none. A clause in other words ("the area is") has any subject: it is asserted unless somebody says or thinks it, it is
doubted, or its subject is called wrong.
"""

from __future__ import annotations

import re
from enum import StrEnum

from assay.reading import lexicon
from assay.reading.lexicon import either


class Stance(StrEnum):
    """How a response stands to what it claims."""

    ASSERTED = "asserted"
    CASE = "of a case"
    DENIED = "denied"
    HEDGED = "hedged"
    REPORTED = "reported"
    CONDITIONAL = "conditional"
    OFFERED = "offered beside another"
    TAKEN_BACK = "taken back"


_AUXILIARY = r"(?:can|do|may|now|then|also|thus|therefore|clearly|would|will|must|have)\s"
_FINDS = (
    rf"(?:(?:i|we|(?:i|we)['’](?:d|ve|ll))\s(?:{_AUXILIARY})*{either(lexicon.FINDS, lexicon.THINKS)}"
    rf"|(?:this|that|it|these|those|which|you)\s(?:{_AUXILIARY})*{either(lexicon.FINDS, lexicon.MEANS)}"
    rf"|(?:i am|i['’]m|we are|we['’]re)\s(?:\w+ly\s)?{either(lexicon.SURE)})"
)
LEADS = re.compile(
    rf"(?:(?:{either(lexicon.LEADS)}|{_FINDS}|the(?:\s\w+){{1,3}}\s{either(lexicon.MEANS)})(?=\W)[\s,:]*)*"
    rf"(?:(?:{either(lexicon.OWN)}|a)\s)*",
    re.IGNORECASE,
)
"""The words of a main clause before its "answer is"."""
_JOINS = re.compile(r"(?:and|but|yet|so|thus|hence|therefore|consequently|which|meaning)\b", re.IGNORECASE)
_CONCLUDES = re.compile(
    r"(?:(?:and|but)\s)?(?:but|so|thus|hence|therefore|consequently|which|meaning|(?:i|we)\b)", re.IGNORECASE
)
_WORD_START = re.compile(r"(?<![\w'’])\w")
_NUMBER = re.compile(r"\W*(?:\(?(?:\d{1,3}|[a-z])[.):]\s+)?\W*")
_QUOTE = re.compile(r"(?:\A|(?<=[\s(:,]))[\"“](?=\S)[^\"”]*\Z")
_SEGMENT = re.compile(r"[,;:—–()]\s*|\s-\s")
_UNREAL = re.compile(r"\b(?:was|were|would|could|might|should have)\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z'’]+")
_DENIES = {*lexicon.REJECTIONS, *lexicon.JUDGEMENTS, "not", "never", "no", "cannot", "neither", "hardly", "contradicts"}
_OTHERS = {*lexicon.ANOTHER} - {"following", "next", "last", "instead"}
"""Words that make a question another one behind "the answer to"."""
_ELSEWHERE = re.compile(
    rf"\b(?:for|in|to|of)\sthe\s{either(tuple(_OTHERS))}\s(?:problem|question|exercise|example|part|case|task)\b",
    re.IGNORECASE,
)
_ADVERBS = {*lexicon.LEADS, "even", "only"}
_DOUBTS = tuple(word for word in lexicon.DOUBTS if word not in ("may", "might", "could"))
POSSIBLE = r"(?:is|was|are) (?:an?|one) (?:possible|plausible|potential|likely)\b"
"""What a predicate says of one candidate among several."""
_NOT_SURE = rf"\bnot\s(?:(?:quite|very|all that|\w+ly)\s)?{either(lexicon.SURE)}"
_HEDGED = re.compile(
    rf"\b{either(_DOUBTS, lexicon.UNSURE)}\b|{_NOT_SURE}\b|\b{POSSIBLE}"
    r"|\b(?:may|might|could)(?: \w+)? (?:be|have|equal)\b",
    re.IGNORECASE,
)
_NO_PERSON = r"(?:I|We|You|The|This|That|It|Which|These|Those|An?|So|But|And)"
_REPORTED = re.compile(
    rf"\b{either(lexicon.OTHER_PEOPLE)}\s+(?:\w+\s+)?{either(lexicon.OPINIONS)}\b"
    r"(?!\s(?:is|was|must be)\s(?:true|right|correct))"
    rf"|\b(?!{_NO_PERSON}\b)(?-i:[A-Z])[\w'’-]+\s{either(lexicon.OPINIONS)}(?:[:,]|[:,]?\s[\"“]|\s(?:that|the|it)\b)"
    rf"|\b{either(lexicon.REPUTED)} (?:to be|that)\b",
    re.IGNORECASE,
)
_TYPICAL = r"(?:common|typical|usual|frequent|easy|obvious|tempting)"
TYPICAL = re.compile(rf"\b{_TYPICAL}\s(?:\w+\s)?{either(lexicon.JUDGEMENTS, lexicon.VALUE_NOUNS)}\b", re.IGNORECASE)
"""An error that others make: "a common wrong answer"."""
_NAMES = either(lexicon.VALUE_NOUNS, ("approach", "method", "way", "calculation", "guess"))
_WRONG = re.compile(
    r"(?:\A|[,;:—]\s)\W{0,6}(?:(?:and|but|while)\s)?"
    rf"(?:(?:one|another|some|others)\s{either(lexicon.GIVES)}|(?:(?:an?|the|one|another)\s)?(?:{_TYPICAL}\s{either(lexicon.JUDGEMENTS)}|{either(lexicon.REJECTIONS)}\s{_NAMES}))\b",
    re.IGNORECASE,
)
"""A subject that is called wrong, or is some other: "a common mistake gives", "the wrong answer is", "one gives"."""
_UNKNOWN = re.compile(
    r"\b(?:cannot|can['’]t|not|unable to|don['’]t|doesn['’]t|no)\s(?:\w+\s){1,2}(?:that|whether|it)\b|\bwhether\b",
    re.IGNORECASE,
)
"""What says that a clause behind it is not known: "I cannot confirm that"."""
NO_DOUBT = re.compile(r"\b(?:there is no|no|without(?: a| any)?) doubt\b", re.IGNORECASE)
_ANSWER = re.compile(r"\banswer(?P<said>[\s*_\"”]*(?:(?:is|was|are|were|would be)\b|:|=))", re.IGNORECASE)
_TURN = re.compile(r"\b(?:but|however)\b", re.IGNORECASE)
"""What a hedge before it is not about: "I am not sure about the method, but the answer is 42"."""
_BARELY_UNSURE = re.compile(rf"{_NOT_SURE}\W*\Z", re.IGNORECASE)
"""A hedge about nothing else, which is about what follows: "I am not sure, but it is 42"."""


def denies(text: str) -> bool:
    """Whether a word of a text denies or rejects."""
    words = _WORD.findall(text.lower())
    words = words[2:] if {*lexicon.INTERJECTIONS} >= {*words[:2]} else words  # "No wait, Ann is ..."
    return not _DENIES.isdisjoint(words) or any(word.endswith(("n't", "n’t")) for word in words)


_REASON = re.compile(r"\A\s*(?:since|as|because)\s[^,\n]{1,200},\s", re.IGNORECASE)


def turn(before: str) -> int:
    """Where the words before a claim turn to it ("but", "however"), past what is said of something else."""
    places = [match.end() for match in _TURN.finditer(before) if not is_unsure(before[: match.start()])]
    return places[-1] if places else 0


def is_unsure(text: str) -> bool:
    """Whether a text ends in a hedge about nothing else than what follows it."""
    return _BARELY_UNSURE.search(text) is not None


def last_clause(before: str) -> str:
    """The last clause of what stands before a claim in its sentence."""
    before = before.rpartition("; ")[2]
    return next((part for part in reversed(_SEGMENT.split(before)) if part.strip(" $*_\\")), "")


def is_elsewhere(said: str) -> bool:
    """Whether the words "answer ... is" speak of another question: "the answer to the previous question was"."""
    return not _OTHERS.isdisjoint(_WORD.findall(said.lower()))


def of_answer(before: str, said: str) -> Stance:
    """The stance of "answer is" (`said`), given the words before it in its sentence."""
    text = " ".join(re.sub(r"[*_#>`]", " ", before).split()) + " "
    text = text[_NUMBER.match(text).end() :]  # type: ignore[union-attr]  # it may match nothing
    if LEADS.fullmatch(text):
        return Stance.ASSERTED
    if _QUOTE.search(before):
        return Stance.REPORTED
    starts = (*(match.start() for match in _WORD_START.finditer(text)), len(text))
    leads = [start for start in starts if LEADS.fullmatch(text, start)]
    joined = (start for start in leads if _JOINS.match(text, start) and not text[:start].rstrip()[-1:].isalnum())
    at = next(joined, leads[0])  # "5 in all, so the"
    rest, lead = text[:at].strip(), text[at:]
    segments = [segment for segment in _SEGMENT.split(rest) if segment.strip()]
    adjuncts = [_adjunct(segment.lower(), said) for segment in segments]
    if not segments:
        return Stance.ASSERTED
    if rest[-1].isalpha() and not _JOINS.match(lead) and (adjuncts[-1] is None or " " not in segments[-1]):
        if denies(rest):
            return Stance.DENIED
        return Stance.HEDGED if _HEDGED.search(rest) else Stance.REPORTED
    if Stance.CONDITIONAL in adjuncts:
        return Stance.CONDITIONAL
    if _CONCLUDES.match(lead):
        return Stance.ASSERTED
    if rest[-1] == ":" and denies(rest):
        return Stance.DENIED
    if (stance := _said_of(segments[-1])) is not Stance.ASSERTED:
        return stance
    return Stance.CASE if Stance.CASE in adjuncts else Stance.ASSERTED


def _adjunct(segment: str, said: str) -> Stance | None:
    """The stance that an adjunct gives the clause it belongs to; `None` where it is none of the closed lists."""
    words = segment.split()
    while len(words) > 1 and words[0] in _ADVERBS:
        words = words[1:]
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in ("unless", "otherwise", "else", "example"):
        return Stance.CONDITIONAL
    if first in lexicon.CASES:
        if not {*lexicon.ANOTHER}.isdisjoint(words):
            return Stance.CONDITIONAL
        if first in lexicon.PLACES and second in lexicon.THIS_CASE:
            return Stance.ASSERTED
        return Stance.CONDITIONAL if _UNREAL.search(said) else Stance.CASE
    return Stance.ASSERTED if first in lexicon.REASONS or first.endswith(("ing", "ed")) else None


def of_clause(before: str) -> Stance:
    """The stance of a claim, given the words before it in its sentence, in whatever words it is made."""
    if (spoken := [*_ANSWER.finditer(before)]) and not before[spoken[-1].end() :].strip(" $*_(\\["):
        return of_answer(before[: spoken[-1].start()], spoken[-1]["said"])
    before = before[turn(before) :]
    segments = [segment for segment in _SEGMENT.split(before) if segment.strip().strip(" $*_\\")]
    if not segments:
        return Stance.ASSERTED
    first = segments[0].lower().split()[0]
    stance = Stance.CONDITIONAL if _ELSEWHERE.search(before) else _said_of(segments[-1])
    if stance is Stance.ASSERTED and _HEDGED.search(before):
        return Stance.HEDGED
    is_case = first in lexicon.CASES and first not in lexicon.PLACES
    return Stance.CASE if is_case and stance is Stance.ASSERTED else stance


def of_sentence(text: str) -> Stance:
    """The stance of a claim, given the sentence that holds it."""
    if (spoken := _ANSWER.search(text)) and (
        stance := of_answer(text[: spoken.start()], spoken["said"])
    ) not in ASSERTED:
        return stance
    if text.endswith(("?", "？")):
        return Stance.HEDGED
    return _said_of(without_reason(text))


def without_reason(sentence: str) -> str:
    """A sentence without the reason that it begins with ("Since she says so, ...")."""
    return _REASON.sub("", sentence)


ASSERTED = (Stance.ASSERTED, Stance.CASE)
"""The stances of a claim that can be right."""


def _said_of(clause: str) -> Stance:
    clause = NO_DOUBT.sub(" ", clause)
    if _ELSEWHERE.search(clause):
        return Stance.CONDITIONAL
    if _UNKNOWN.search(clause):
        return Stance.DENIED
    if _REPORTED.search(clause):
        return Stance.REPORTED
    if _WRONG.search(clause):
        return Stance.DENIED
    return Stance.HEDGED if _HEDGED.search(clause) else Stance.ASSERTED
