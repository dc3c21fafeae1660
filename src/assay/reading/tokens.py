"""LaTeX and plain-text mathematics cut into tokens, with everything that is only layout dropped."""

from __future__ import annotations

import re
import string
from typing import NamedTuple

from assay.reading.building import names
from assay.reading.nodes import TooCostly, Unreadable
from assay.reading.units import UNITS, in_plain_letters, measure_name

_TABLE = str.maketrans({
    "−": "-", "–": "-", "‐": "-", "‑": "-", "·": "*", "×": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/",
    "π": "\\pi ", "∞": "\\infty ", "√": "\\surd ", "∛": "\\cbrt ", "∅": "\\emptyset ", "ø": "\\emptyset ",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\u200b": "", "~": " ",
    "∪": "\\cup ", "∩": "\\cap ", "∈": "\\in ", "≤": "\\le ", "≥": "\\ge ", "⩽": "\\le ", "⩾": "\\ge ", "≠": "\\ne ",
    "±": "\\pm ", "∓": "\\mp ", "∉": "\\notin ", "⊂": "\\subset ", "⊆": "\\subseteq ", "∥": "\\parallel ",
    "⊥": "\\perp ", "≅": "\\cong ", "∼": "\\sim ",
    "⇒": "\\Rightarrow ", "∴": "\\therefore ", "≈": "\\approx ", "≡": "\\equiv ", "→": "\\to ",
    "⌊": "\\lfloor ", "⌋": "\\rfloor ",
    "⌈": "\\lceil ", "⌉": "\\rceil ", "∖": "\\setminus ", "…": "\\ldots ", "⋯": "\\ldots ", "’": "'", "′": "'",
    "″": "''", "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℏ": "\\hbar ", "∂": "\\partial ",
    "¬": "\\neg ", "⊕": "\\oplus ", "↔": "\\leftrightarrow ", "⇔": "\\Leftrightarrow ",
    "∑": "\\sum ", "∏": "\\prod ", "∫": "\\int ", "⟨": "(", "⟩": ")", "（": "(", "）": ")", "，": ",",
    "：": ":", "；": ";", "、": ",", "∠": "\\angle ", "△": "\\triangle ",
    "α": "\\alpha ", "β": "\\beta ", "γ": "\\gamma ", "δ": "\\delta ", "ε": "\\epsilon ", "η": "\\eta ",
    "θ": "\\theta ", "λ": "\\lambda ", "μ": "\\mu ", "ν": "\\nu ", "ξ": "\\xi ", "ρ": "\\rho ", "σ": "\\sigma ",
    "τ": "\\tau ", "φ": "\\phi ", "ϕ": "\\phi ", "χ": "\\chi ", "ψ": "\\psi ", "ω": "\\omega ", "Γ": "\\Gamma ",
    "Δ": "\\Delta ", "Θ": "\\Theta ", "Λ": "\\Lambda ", "Σ": "\\Sigma ", "Φ": "\\Phi ", "Ω": "\\Omega ",
})  # fmt: skip
_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}
_FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_FRACTION = re.compile(rf"(\d\s?)?([{''.join(_FRACTIONS)}])")
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣ", "0123456789+-()nx", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢ", "0123456789+-ni", strict=True))
_SCRIPTS = re.compile(rf"[{''.join(_RAISED)}]+|[{''.join(_LOWERED)}]+")


def in_latex(text: str) -> str:
    """The text with superscripts, fractions, Greek letters and signs of mathematics as LaTeX writes them."""
    if text.isascii() and "~" not in text:
        return text
    text = _SCRIPTS.sub(_script, _FRACTION.sub(_fraction, text.translate(_DIGITS)))
    return text.translate(_TABLE)


def _fraction(match: re.Match[str]) -> str:
    """A mixed number behind a digit, a value elsewhere."""
    written = _FRACTIONS[match[2]]
    return f"{match[1]} {written}" if match[1] else f"({written})"


def _script(match: re.Match[str]) -> str:
    raised = match[0][0] in _RAISED
    return f"{'^' if raised else '_'}{{{''.join((_RAISED | _LOWERED)[mark] for mark in match[0])}}}"


MAX_TOKENS = 3000
MAX_DIGITS = 3000


class Token(NamedTuple):
    kind: str
    """`num`, `id` (a letter, or capitals that are one object), `cmd` (a LaTeX command or a known name), `op`, `text`
    (words, in \\text{} or bare), `begin` or `end` (of an environment)."""
    text: str
    spaced: bool = False
    """Whether white space stands before it."""
    start: int = 0
    end: int = 0
    """Where it stands in the text."""


FUNCTIONS = names(
    "sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh arsinh arcosh artanh ln log lg exp max "
    "min gcd lcm arg det abs floor ceil sgn cis cbrt Re Im deg"
)
"""Functions that are known by name."""
OPERATORS = names("int iint iiint oint sum prod lim limsup liminf sup inf bigcup bigcap coprod")
"""Operators that take what stands behind them up to the next sign of a sum."""
GREEK = names(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_PLAIN = (FUNCTIONS | {"pi", "sqrt", "infty", "binom", "frac", "mod"}) - {"Re", "Im", "deg"}
"""Names that are commands without a backslash too."""


def _spellings(table: str) -> dict[str, str]:
    """`name: spelling spelling; ...` as spelling -> name."""
    pairs = (entry.partition(": ") for entry in table.replace("\n", " ").split("; "))
    return {spelling: name.strip() for name, _, rest in pairs for spelling in rest.split()}


_ALIASES = _spellings(
    "infty: inf infinity infin; tan: tg; cot: ctg; arctan: arctg atan; arcsin: asin; arccos: acos; sgn: sign; "
    "arsinh: asinh arcsinh; arcosh: acosh arccosh; artanh: atanh arctanh; epsilon: varepsilon; phi: varphi; "
    "theta: vartheta; rho: varrho; sigma: varsigma; kappa: varkappa"
)
"""Names that are written with and without a backslash."""
NAMES = _PLAIN | frozenset(_ALIASES)
"""What is a command with and without a backslash."""
_SAME = _ALIASES | _spellings(
    "frac: dfrac tfrac cfrac nicefrac sfrac flatfrac; binom: dbinom tbinom; *: cdot times ast bullet; /: div; "
    "≤: leq le leqslant leqq; ≥: geq ge geqslant geqq; <: lt; >: gt; ≠: neq ne; |: lvert rvert vert mid |; "
    "\\{: lbrace {; \\}: rbrace }; [: lbrack; ]: rbrack; (: langle lang; ): rangle rang; ∪: cup; ∩: cap; ∈: in; "
    "±: pm; ∓: mp; °: degree circ; %: %; $: $; #: #; ∖: setminus backslash smallsetminus; ∧: land wedge; "
    "∨: lor vee; mod: bmod; →: to mapsto rightarrow longrightarrow implies Rightarrow; :: colon; ≈: approx approxeq; "
    "≡: equiv; ldots: dots cdots dotsc dotsb; segment: overline; bar: widebar; vec: overrightarrow; "
    "angle: measuredangle; "
    "hat: widehat; tilde: widetilde; emptyset: varnothing O; surd: surd; hbar: hslash; \\\\: \\ cr newline; "
    "i: imath; j: jmath; l: ell; ∼: sim; ∥: parallel; ⊥: perp; ≅: cong; neg: lnot; ⊂: subset; ⊆: subseteq; ∉: notin"
)
_DROPPED = names(
    ", ; : ! ( ) [ ] left right middle mleft mright displaystyle textstyle scriptstyle limits nolimits quad qquad "
    "big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr rm bf it sf mathbf mathit mathsf mathcal "
    "mathscr mathfrak boldsymbol bm nonumber notag boxed ensuremath underline uline enspace thinspace hfill "
    "normalsize Large large LARGE huge Huge small tiny tt texttt mathtt num hline displaylimits therefore strut "
    "allowbreak"
)
"""Layout that says nothing; what stands in braces behind it stays."""
_ARGUED = re.compile(r"\s*+\{((?:[^{}]|\{[^{}]*+\})*+)\}")
_DROPPED_WITH = names("color textcolor hspace vspace phantom hphantom vphantom label")
"""Layout that says nothing, with what stands in braces behind it."""
_INVISIBLE = names("white transparent")
_WORDING = names("text textbf textrm textit textsf textnormal mbox hbox mathrm rm operatorname operatorname* unit")
_TOKEN = re.compile(
    r"\s*+(?:(?P<num>(?:\d{1,3}(?:(?:\{,\}|\\,|\\ |~|\\!,|,\\!|\{,\}\\!)\d{3})+(?!\d)(?:\.\d+)?|\d+\{,\}\d+"
    r"|\d+\.\d+|\d+\.(?=\s*[/*])|\d+|\.\d+)(?:[eE](?:[+-]\d{1,9}|\d{1,9})(?![\w{]))?)"
    r"|\\(?P<cmd>[a-zA-Z]+\*?|.)|(?P<word>[^\W\d_]+)|(?P<op>\*\*|<=|>=|!=|->|=>|\S))",
    re.DOTALL,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?")
_LONG_OPS = {"**": "^", "<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "=>": "→"}
_NO_DIGIT = re.compile(r"[^\d.]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_VOWEL = re.compile(r"[aeiou]")
_JOINTS = frozenset({"and", "or", "to"})
UNIT_LETTERS = frozenset("mslgtNJWVATKHCFhLM")
_ENVIRONMENT = re.compile(r"\s*+\{([a-zA-Z]+)\*?\}(?:\s*+\[[tbc]\])?(?:(?<=array\})\s*+\{[lcr|@ ]*+\})?")


def tokenize(text: str) -> list[Token]:
    """The tokens of a formula. Raises `TooCostly` past `MAX_TOKENS`, and `Unreadable` for an invisible text."""
    return _Lexer(text).tokens


class _Lexer:
    def __init__(self, text: str, offset: int = 0, before: list[Token] | None = None, prose: bool = False) -> None:
        self.text, self.offset, self.prose = text, offset, prose
        self.tokens: list[Token] = before if before is not None else []
        self.spaced = False
        at = 0
        while (match := _TOKEN.match(text, at)) is not None:
            kind = match.lastgroup
            assert kind is not None
            self.start = match.start(kind) - (kind == "cmd")
            self.spaced = self.start > at
            at = getattr(self, kind)(match[kind], match.end())
            if len(self.tokens) > MAX_TOKENS:
                raise TooCostly(f"more than {MAX_TOKENS} tokens")

    def put(self, kind: str, written: str, end: int) -> int:
        self.tokens.append(Token(kind, written, self.spaced, self.offset + self.start, self.offset + end))
        return end

    def behind(self, *kinds: str) -> bool:
        """Whether the token before is of one of these kinds, or one of these signs."""
        return bool(self.tokens) and (self.tokens[-1].kind in kinds or self.tokens[-1].text in kinds)

    def num(self, piece: str, end: int) -> int:
        in_list = self.behind(",", "(", "[", "{", "\\{")
        if self.text.startswith(",", end) and not in_list and (grouped := _THOUSANDS.match(self.text, self.start)):
            piece, end = grouped[0], grouped.end()
        ordinal = _ORDINAL.match(self.text, end) if piece.isdigit() else None
        return self.put("num", _number(piece), ordinal.end() if ordinal else end)

    def op(self, piece: str, end: int) -> int:
        return self.put("op", _LONG_OPS.get(piece, piece), end)

    def cmd(self, name: str, end: int) -> int:
        if name in _WORDING and (braced := _ARGUED.match(self.text, end)):
            self.wording(name, braced)
            return braced.end()
        if name in ("begin", "end") and (environment := _ENVIRONMENT.match(self.text, end)):
            return self.put(name, environment[1], environment.end())
        if name in _DROPPED_WITH and (braced := _ARGUED.match(self.text, end)):
            if braced[1].strip() in _INVISIBLE:
                raise Unreadable("text that cannot be seen")
            return braced.end()
        if name in _DROPPED or name.isspace() or name in _WORDING:
            return end
        name = _SAME.get(name, name)
        if len(name) == 1 and name.isalpha() and name.isascii():
            return self.put("id", name, end)
        is_name = name[0].isalpha() and name not in _JOINTS and name.isascii()
        return self.put("cmd" if is_name else "op", name, end)

    def wording(self, command: str, braced: re.Match[str]) -> None:
        """What stands in `\\text{}`: words, a symbol in upright letters, or a formula with its unit."""
        content = braced[1].strip()
        behind_value = self.behind("num", "text", ")", "}", "°")
        upright = content in UNIT_LETTERS or len(content) > 1 or content != braced[1]
        if content in ("constant", "const", "const."):
            self.put("id", "C", braced.end())
        elif content in NAMES and not (behind_value and content in UNITS):
            self.word(content, braced.end())
        elif behind_value and content.isalpha() and upright:
            self.words(content, braced.end())
        elif behind_value and content.isascii() and measure_name(in_plain_letters(content)):
            self.put("text", content, braced.end())
        elif command.startswith("operatorname") and content.isalpha() and len(content) > 1:
            self.put("cmd", _SAME.get(content, content), braced.end())
        else:
            known = len(self.tokens)
            _Lexer(braced[1], self.offset + braced.start(1), self.tokens, prose=True)
            if len(self.tokens) > known:
                self.tokens[known] = self.tokens[known]._replace(start=self.offset + self.start)
                self.tokens[-1] = self.tokens[-1]._replace(end=self.offset + braced.end())

    def words(self, content: str, end: int) -> int:
        """Words, joined to those before them."""
        if content.lower() in _JOINTS:
            return self.put("op", content.lower(), end)
        if self.prose and self.tokens and self.tokens[-1].kind == "text" and self.start > 0:
            last = self.tokens.pop()
            self.tokens.append(last._replace(text=f"{last.text} {content}", end=self.offset + end))
            return end
        return self.put("text", content, end)

    def word(self, word: str, end: int) -> int:
        if len(word) > 1 and word.isupper() and word.isascii() and not self.text.startswith("(", end):
            return self.put("id", word, end)
        low = word if word in _PLAIN else word.lower()
        low, word = _ALIASES.get(low, low), _ALIASES.get(word, word)
        if low in _PLAIN or word in GREEK:
            return self.put("cmd", low if low in _PLAIN else word, end)
        if low == "not":
            raise Unreadable("a denial")
        if low in _JOINTS or low == "pct":
            return self.words(low, end)
        if len(word) > 1 and word.isupper() and word.isascii() and low not in _PLAIN:
            return self.put("id", word, end)
        is_product = word.isascii() and word in string.ascii_lowercase
        counted = len(word) == 3 and self.spaced and self.behind("num") and _VOWEL.search(word) is not None
        if not is_product and (not word.isascii() or counted or (self.prose and len(word) > 1)):
            return self.words(word, end)
        if len(word) > 3 and not is_product:
            name = next((name for name in ("sqrt", "pi") if word.startswith(name) and len(word) <= len(name) + 1), "")
            if not name:
                return end if word == "Matrix" else self.words(word, end)
            self.put("cmd", name, self.start + len(name))
            word, self.start, self.spaced = word[len(name) :], self.start + len(name), False
        for letter in word:
            self.put("id", letter, self.start + 1)
            self.start, self.spaced = self.start + 1, False
        return end


def _number(written: str) -> str:
    if written.isdigit() and len(written) <= MAX_DIGITS:
        return written
    mantissa, _, exponent = written.replace("E", "e").partition("e")
    whole, comma, decimals = mantissa.partition("{,}")
    if comma and len(decimals) != 3 and decimals.isdigit():
        mantissa = f"{whole}.{decimals}"
    digits = _NO_DIGIT.sub("", mantissa)
    if len(digits) > MAX_DIGITS or abs(int(exponent or 0)) > MAX_DIGITS:
        raise TooCostly(f"a number of more than {MAX_DIGITS} digits")
    return digits.rstrip(".") + (f"e{exponent}" if exponent else "")
