"""Whether a response asserts what it claims, from the words around the claim.

Only an asserted claim can be right. A claim is *denied* ("is not 42"), *hedged* ("maybe 42"), *reported* ("many think
it is 42"), *conditional* ("42 if n is even"), *offered* beside another ("3 or 4"), or *taken back* ("Wait, that is
wrong."). Words about the answer in the next clause or sentence change nothing.
"""

from __future__ import annotations

import re

from assay.claim.clause import ASSERTED, LEADS, POSSIBLE, TYPICAL, Stance, is_elsewhere, is_unsure, of_answer, of_clause
from assay.reading import lexicon
from assay.reading.beside import is_rejected
from assay.reading.lexicon import either

_NOT = r"(?:not|never|cannot|neither|hardly|[a-z]+n['’]t)"
_DENIED_BEFORE = re.compile(
    rf"(?:\b{_NOT}(?: (?:be|say|definitely|certainly|the|equal|to|that|true|have been)){{0,3}}|\\neq?|≠"
    rf"|\b{either(lexicon.PAST)}|\bfalse(?: that|:)(?: the)?(?: final)?(?: answer)?(?: is)?)[\s:$*(\\]*$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[\s$*)}\]]*(?:(?:is|was|are|does|do|did|can|could|will)n['’]t\b|(?:does|do|did|can|could|will)\s?not\b"
    rf"|(?:is|was|are) (?:clearly )?(?:not\b|{either(lexicon.REJECTIONS)}\b))",
    re.IGNORECASE,
)
_DENIED_WITHIN = re.compile(rf"\W*{_NOT}\b(?! only)", re.IGNORECASE)
_FOREIGN_DENIED = re.compile(rf"(?:(?<![^\W_]){either(lexicon.FOREIGN_NOTS)}|不)\s?$", re.IGNORECASE)
_DENIED_AT_END = re.compile(rf"\s?{either(lexicon.FINAL_NOTS)}\W*$")
_CONTRAST = re.compile(
    rf"\W*(?:not|never|{either(lexicon.FOREIGN_NOTS)})\s+(.{{1,80}}?)(?:,?\s+(?:but|{either(lexicon.FOREIGN_BUTS)})\s+"
    r"(?:rather\s+|instead\s+)?|[,;]\s*it(?:['’]s| is) )(.+)",
    re.IGNORECASE | re.DOTALL,
)
_FINAL_CONTRAST = re.compile(r"(?:では|じゃ)なく、?|[이가] 아니라\s|不是[^，,]{1,80}[，,]?而是")
_FOREIGN_DOUBT = re.compile(either(lexicon.FOREIGN_DOUBTS), re.IGNORECASE)
_HEDGED_BEHIND = re.compile(
    rf"[\s$*)}}\]]*{POSSIBLE}"
    rf"|[\s,;:($*—–-]*(?:i )?(?:{either(lexicon.DOUBTS)}|or so|i doubt|but i am not"
    rf"|(?:i am |i'm )?not {either(lexicon.SURE)})\b"
    r"|[\s$*)}\]\"'`]*[?？]",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"[\s,;$*)}(]*(?:only |but only |or )?(?-i:if|unless|provided|assuming)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(if|when|assuming|provided|for|with|without)\b|(?:\A|[,;:.(]\s?|\b(?:and|or|but)\s)\W{0,6}(unless|otherwise|else)\b",
    re.IGNORECASE,
)
_BRANCH = re.compile(
    r"(?:\A|[;,.\n]\s|\n|\band\s|\bor\s)(?:otherwise|else)\b|(?P<stop>[;,.])\s(?:but |and |while )?"
    r"(?P<word>if|when|for|with|without)\s(?!example|instance|you\b|we\b)[^.;]{1,60}?"
    r"\s(?:it|that|this|the answer)(?: is|['’]s| would)\b",
    re.IGNORECASE,
)
"""The other branch of a condition: "; for odd n it is 5"."""
_OR_AFTER = re.compile(
    r"[\s$)\]*}]*+\(?(?:,\s*+)?(?:but\s++)?(?:(?:it|this|which)\s++)?"
    r"(?:or|and/or|alternatively|(?:could|might|may)(?: also)? be)\b[\s:,$\\(*]*+"
    r"(?!equivalently|in other|simply|approximately|about|roughly|rather|written|using|as\b|if\b)((?:[^.\n$;]|\.\d)+)",
    re.IGNORECASE,
)
_OR_BEFORE = re.compile(r"(?<![\w./\\^{}+-])((?:[\w./\\^{}+-]++[\s$]++){1,3})or[\s$\\(*]*+$", re.IGNORECASE)

_SENTENCE = r"(?:\A|[.!?…]|\n|—|;|\s[-–]\s)[\s\"'*_).\]}$]{0,6}"
"""Where a sentence begins."""
_TAKES_BACK = re.compile(
    rf"{_SENTENCE}(?P<turn>(?:(?:ah|oh|and|but|wait|no|hmm+|actually|i think)[\s,.!]+){{0,2}}"
    rf"(?:{either(lexicon.CORRECTIONS)}|(?:edit|update)(?=:)|(?<=,\s)no(?=[.,!]|\Z)))(?!\w)",
    re.IGNORECASE,
)
_MAY_TAKE_BACK = re.compile(
    rf"{_SENTENCE}(?P<opener>{either(lexicon.TURNS)})\b(?!(?<=no)\s+(?!(?:that|it|this|the|wait|i)\b))", re.IGNORECASE
)
_SO = r"(?:so|thus|hence|therefore|which means)"
_FAILS = r"(?:(?:does|did)(?: not|n['’]t) (?:work|hold|check|fit|satisfy|add up|make sense)|fails)\b"
_NOT_RIGHT = (
    r"(?: not|n['’]t|not)(?: be)?(?: quite)?"
    r" (?:right|correct|valid|true|it|the (?:right |correct )?(?:answer|value|result))\b"
)
_BESIDES = re.compile(
    rf",?\s(?:since|because|which\s(?!{either(lexicon.MEANS, lexicon.RESULTS)})|the fact that\s)[^.,;\n]*",
    re.IGNORECASE,
)
"""A clause of a correction that gives its reason, or says more of a word in it."""
_CALLS_WRONG = re.compile(rf"{_NOT_RIGHT}|{_FAILS}", re.IGNORECASE)
_ERROR = re.compile(
    rf"(?<!\bno )\b{either(lexicon.REJECTIONS, lexicon.ERRORS)}\b|{_NOT_RIGHT}|\b{_FAILS}|\bshould (?:be|have been)\b",
    re.IGNORECASE,
)
_THIS_IS_WRONG = re.compile(
    rf"(?:{_SENTENCE}(?:(?:{_SO}|but|and)[\s,]+|(?!(?:for|in|with)\s)[a-z]+(?:\s[a-z]+)?[:,]\s)?|,\s(?:{_SO}|but|and)\s(?:that\s)?)"
    r"(?:(?P<bare>this|that|it|which)"
    r"|(?:this|that|the|my|our) (?:above |previous |final |given )?"
    r"(?:answer|result|value|solution|list|order|grid|table)(?: above)?)"
    r"(?:(?:['’]s| is| was| would be| seems| must be) (?:clearly |obviously |definitely )?"
    rf"{either(lexicon.REJECTIONS)}\b(?! (?:to|that)\b)|(?:['’]s| is| was| can?| could| would){_NOT_RIGHT}"
    rf"| (?P<fails>{_FAILS}))"
    r"(?! (?:for|if|when|with|that)\b)(?P<because>,? (?:because|since|as|for)\b)?"
    r"|\A[\s$*_`)\].,;\n]*\?\s*no\b|\bi disagree\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*+(?:[-*•]\s|[-*•(\s]*+(?:option )?[A-Z0-9][).:*])", re.IGNORECASE)
"""An item of a list, in which "this is wrong" is said of the item."""
_NEW = re.compile(
    r"(?:\b(?:should (?:actually )?(?:be|have been|read)|must be|it is|it['’]s|is|are|make (?:that|it)|becomes|gives"
    r"|correction|so|therefore|thus|hence|get|actually|no|nope|sorry|wait|hmm|thoughts?|reflection|edit|update|really|instead"
    r"|rather|mean|meant|oops|that)|=)[\s,;:—–*$]+",
    re.IGNORECASE,
)
"""What stands before the value of a correction."""
SUPPOSES = re.compile(rf"\b{either(lexicon.SUPPOSES)}\b|\blet\b(?!['’]s| us| me)", re.IGNORECASE)
_MIND = re.compile(
    r"(?:[,;—–]|(?<!\.)\.{2,}+|…)\s*(?:no,? |oh,? )?"
    r"(?:wait|actually|no,|sorry|scratch that|correction|make that|i mean|rather,)[\s,:]+",
    re.IGNORECASE,
)
_YES_AND_NO = re.compile(r"\W*(?:yes|no)(?:[\s,;\"'*]{1,4}(?:and\s)?(?:yes|no)){2,}\W*", re.IGNORECASE)
"""A list of yes and no, in which a no is an entry and takes nothing back."""
_CONCEDES = re.compile(
    r",?\sbut\s(?:it is|it['’]s|actually|really|i(?:['’]ll| will| would)? (?:go with|choose|pick|say)"
    r"|the (?:\w+ )?(?:answer|value|one) is)\s(?:actually\s|really\s)?",
    re.IGNORECASE,
)
SENTENCE = 120
"""Characters behind a claim in which another answer may be offered."""
TAIL = 1500
"""Characters behind a claim in which it may be taken back."""
CLOSING = " \t\r\n$.*`_)]}\\"
"""Signs that close a claim and say nothing of it."""


def contrast(text: str) -> str:
    """`not X but Y` as Y; any other text as it is."""
    if (match := _CONTRAST.fullmatch(text)) is not None:
        return match[2]
    return text if text.isascii() else _FINAL_CONTRAST.split(text, maxsplit=1)[-1]


def conceded(text: str) -> str:
    """What a claim gives way to in its own sentence ("A is tempting, but it's B"), or nothing."""
    match = _CONCEDES.search(text) if "but" in text else None
    return text[match.end() :] if match and not is_unsure(text[: match.start()]) else ""


def without_denial(text: str) -> str | None:
    """What a text that begins or ends with a denial denies, or `None`."""
    if not text.isascii() and (match := _DENIED_AT_END.search(text)):
        return text[: match.start()].strip()
    match = _DENIED_WITHIN.match(text)
    return text[match.end() :].strip() if match else None


def around(before: str, behind: str, said: str = "") -> Stance:
    """The stance by the words before the claim in its sentence, and those right behind it.

    `said` are the words "answer is" of a phrase that marks it, which stand between.
    """
    if said and is_elsewhere(said):
        return Stance.CONDITIONAL
    stance = Stance.ASSERTED
    if before and not (said and LEADS.fullmatch(before)):
        if _FOREIGN_DOUBT.search(before) is not None:
            return Stance.HEDGED
        if _DENIED_BEFORE.search(before) or _FOREIGN_DENIED.search(before) is not None:
            return Stance.DENIED
        stance = of_answer(before, said) if said else of_clause(before)
    said_behind = of_rest(behind) if stance in ASSERTED else Stance.ASSERTED
    return stance if said_behind is Stance.ASSERTED else said_behind


def of_rest(behind: str) -> Stance:
    """The stance that the words right behind a claim give it."""
    if not behind.strip(CLOSING):
        return Stance.ASSERTED
    if _DENIED_BEHIND.match(behind) or is_rejected(behind.partition(",")[0]):
        return Stance.DENIED
    if _HEDGED_BEHIND.match(behind):
        return Stance.HEDGED
    return Stance.CONDITIONAL if _CONDITIONAL.match(behind) else Stance.ASSERTED


def depends(before: str, behind: str) -> bool:
    """Whether a condition before a claim makes it conditional: another branch stands behind it, or it says "unless"."""
    condition = _CONDITION.search(before)
    if condition is None or condition[2]:
        return condition is not None
    branches = _BRANCH.finditer(behind)  # a sentence of its own begins as the condition does
    return any(branch["stop"] != "." or branch["word"].lower() == condition[1].lower() for branch in branches)


_ALSO = r"(?:also|too|as well|equally|acceptable|possible|valid|another|works)"
_BESIDE = re.compile(
    rf"[\s$)\\\]*}},;—–-]*+(?:though|although|but|and|while|yet)\s+(?P<also>[^.\n]{{1,40}}?)\s+"
    rf"(?:is|are|was|works?|fits?|would|could|may|might|can)?\s?(?:be\s)?\b{_ALSO}\b"
    r"|[\s$)\\\]*}.]*+(?:or else|or|alternatively|but it (?:may|might|could) also be)\b,?"
    r"\s+(?!equivalently|in other|simply|approximately|about|roughly|rather|as\b)"
    rf"(?:{either(lexicon.DOUBTS)}\s)?(?P<or>[^.?\n]{{1,40}}?)[.?\n]"
    rf"|[\s$)\\\]*}}.]*+(?:however,?\s+)?(?!no\s(?!is\b|would\b))(?P<next>[^.\n]{{1,40}}?)\s+"
    rf"(?:is|are|works?|fits?|would be|could be)\s(?:\w+\s)?\b{_ALSO}\b",
    re.IGNORECASE,
)
"""Another value that the same clause or the next sentence lets stand too."""


def beside(after: str) -> str:
    """The text that may be another answer beside a claim, or nothing."""
    match = _BESIDE.match(after[:SENTENCE].split("\n\n")[0] + "\n") if after.strip(CLOSING) else None
    return "" if match is None else (match["also"] or match["or"] or match["next"]).strip()


def alternatives(before: str, behind: str) -> tuple[str, ...]:
    """What the sentence offers beside a claim, with `or`."""
    after = _OR_AFTER.match(behind) if behind.strip(CLOSING) else None
    ahead = _OR_BEFORE.search(before) if " or" in before.lower()[-12:] else None
    return (*([after[1].strip()] if after else []), *([ahead[1].split()[-1]] if ahead else []))


def taken_back(after: str, *, of_statement: bool) -> str | None:
    """The text from where a claim is taken back, or `None`.

    `of_statement` says whether the question is about a statement, so that "This is false because ..." explains it.
    """
    after = after[:TAIL]
    if not after.strip(CLOSING):
        return None
    if match := _TAKES_BACK.search(after):
        return after[match.start("turn") :]
    for match in _MAY_TAKE_BACK.finditer(after):
        sentence = " ".join(re.split(r"(?<=[.!?])\s", after[match.start("opener") :], maxsplit=2)[:2])
        if _ERROR.search(TYPICAL.sub("", sentence)):
            return after[match.start("opener") :]
    for match in _THIS_IS_WRONG.finditer(after):
        explains = of_statement and (match["because"] or (match["bare"] and match["fails"]))
        line = after[: match.start()].rpartition("\n")[2]
        sentence = re.split(r"[.!?]", line)[-1] + match[0]
        if not explains and not _ITEM.match(line) and not SUPPOSES.search(sentence):
            return after[match.start() :]
    return None


def reopens(after: str, *, of_statement: bool) -> bool:
    """Whether what stands behind data takes them back or goes on to change them ("Wait, also z.")."""
    if _YES_AND_NO.fullmatch(after):
        return False
    opened = _MAY_TAKE_BACK.search(after[:TAIL]) if after.strip(CLOSING) else None
    changes = opened is not None and opened["opener"].lower() in (*lexicon.INTERJECTIONS, "actually")
    return changes or taken_back(after, of_statement=of_statement) is not None


def may_correct(after: str) -> str | None:
    """The sentences that may name another value ("Actually, it is 43.", "Hmm, no. The sum is 43."), or `None`."""
    match = _MAY_TAKE_BACK.search(after[:TAIL]) if after[:TAIL].strip(CLOSING) else None
    if match is None:
        return None
    count = 2 if match["opener"].lower() in lexicon.INTERJECTIONS else 1
    return " ".join(re.split(r"(?<=[.!?])\s|\n", after[match.start("opener") :], maxsplit=count)[:count])


def corrections(tail: str) -> list[str]:
    """What a correction may name as the new answer, last first; that the old one is wrong names none."""
    tail = _BESIDES.sub("", tail)
    places = [match.end() for match in _NEW.finditer(tail)]
    named = [re.split(r"[.!?](?:\s|$)|\n", tail[place:], maxsplit=1)[0] for place in reversed(places[-12:])]
    return [text for text in named if _CALLS_WRONG.search(text) is None]


def changes_mind(text: str) -> tuple[str, str]:
    """A claim and what stands behind a change of mind in its own sentence ("B, no wait, C"; "B... actually C")."""
    match = _MIND.search(text) if " " in text and not _YES_AND_NO.fullmatch(text) else None
    return (text[: match.start()], text[match.end() :]) if match else (text, "")
