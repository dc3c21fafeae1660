"""Small Python programs put together from blocks: loops, conditions, stacks, counts, arithmetic, strings.

In a block `@2-9@` is an integer of that range, `@a|b@` one of several texts, and `@test@` one of `PARTS`.
"""

from __future__ import annotations

import re
from random import Random

NAMES: dict[str, tuple[str, ...]] = {
    "xs": ("xs", "nums", "values", "items", "data"),
    "acc": ("acc", "total", "score", "state", "mark"),
    "out": ("out", "kept", "buf", "made", "found"),
    "s": ("s", "text", "word", "line", "msg"),
    "counts": ("counts", "seen", "table", "tally", "freq"),
}
"""Name in a block -> names that it may get in a program."""
PARTS = {
    "test": ("x % 2 == @0-1@", "x % 3 == @0-2@", "x % 5 > @1-3@", "x > @5-60@", "x % @2-6@ < i % @2-5@"),
    "value": ("x + @1-20@", "x * @2-9@", "x - @1-20@", "x // @2-4@", "x + i * @2-9@"),
}
LISTS = (
    "xs = [@value@ for i, x in enumerate(xs) if @test@ or x < @5-30@]",
    """out = []
for i, x in enumerate(xs):
    if @test@:
        out.append(@value@)
    else:
        out.insert(0, @value@)
xs = out""",
    "xs = sorted(xs, key=lambda x: (x % @3-7@, @x|-x@))",
    "cut = @1-4@\nxs = xs[cut:] + xs[:cut]",
    """out = []
for x in xs:
    out.append(x + (out[-1] if out else @1-20@))
xs = out""",
    "xs = [@a - b|b - a|max(a, b)|abs(a - b)@ for a, b in zip(xs, xs[1:] + [@1-30@])]",
    """out = []
for x in xs:
    while out and out[-1] @<|>@ x - @0-9@:
        out.pop()
    out.append(x)
xs = out""",
    """for i in range(0, len(xs) - 1, @2-3@):
    if xs[i] @<|>@ xs[i + 1]:
        xs[i], xs[i + 1] = xs[i + 1], xs[i] + @1-9@""",
)
"""A list of integers `xs` becomes another."""
TOTALS = (
    """for i, x in enumerate(xs):
    if @test@:
        acc += @value@
    else:
        acc -= @2-9@""",
    "for x in xs:\n    acc = (acc * @2-9@ + x) % @97|101|211|307|499@",
    """counts = {}
for x in xs:
    key = x % @2-5@
    counts[key] = counts.get(key, 0) + x
acc += @max|min@(counts.values(), default=@2-9@)""",
    """for i, x in enumerate(xs):
    while x > @20-40@:
        x = x // 2 if x % 2 == 0 else x - @3-9@
    acc += x * (i + 1)""",
)
"""An integer `acc` takes in what is in `xs`."""
TEXTS = (
    """out = ''
for ch in s:
    if ch in '@aein|alst|eiou|enrs|iort@':
        out = ch + out
    else:
        out += ch
s = out""",
    """out = ''
for i, ch in enumerate(s):
    if i % @2-4@:
        ch = chr((ord(ch) - 97 + @1-12@) % 26 + 97)
    out += ch
s = out""",
    "cut = @1-5@\ns = s[cut:] + s[:cut][::-1]",
    """counts = {}
for ch in s:
    counts[ch] = counts.get(ch, 0) + 1
s = ''.join(ch * counts[ch] for ch in sorted(counts, key=lambda ch: (-counts[ch], @ch|-ord(ch)@)))""",
    "s = ''.join(b + a for a, b in zip(s[::2], s[1::2])) + s[-@1-3@:]",
    "s = s.replace(s[:@1-2@], '@x|y|z|qw@') + s[:@1-3@]",
)
"""A text `s` becomes another."""
EASY = {"xs": ([], [0], [1], [1, 2, 3]), "s": ("", "a", "abc")}
"""Inputs that anyone would try first, by argument."""
_PART = re.compile(r"@([^@]+)@")
_NAME = re.compile(r"\b(?:" + "|".join(NAMES) + r")\b")


def program(rng: Random, blocks: int) -> tuple[str, str, object]:
    """A function `f` of so many blocks, the name of its argument, and an input for it."""
    if rng.random() < 0.4:
        texts = [rng.choice(TEXTS) for _ in range(blocks)]
        given: object = "".join(rng.choices("abcdeilmnorstu", k=rng.randint(4, 5 + blocks)))
        return (
            _function(rng, "s", [*texts, rng.choice(("return s", "return s, len(s)", "return sorted(s)"))]),
            "s",
            given,
        )
    returned = rng.choice(("xs", "acc", "xs, acc"))
    chosen = [rng.choice(LISTS) for _ in range(blocks)]
    if returned != "xs":
        chosen = ["acc = @1-20@", *(rng.choice((text, rng.choice(TOTALS))) for text in chosen[1:]), rng.choice(TOTALS)]
    numbers = [rng.randint(1, 60) for _ in range(rng.randint(3, 4 + blocks))]
    return _function(rng, "xs", [*chosen, f"return {returned}"]), "xs", numbers


def _function(rng: Random, argument: str, lines: list[str]) -> str:
    body = "\n".join(lines).replace("\n", "\n    ")
    return f"def f({argument}):\n    {_filled(rng, body)}"


def _filled(rng: Random, text: str) -> str:
    def chosen(match: re.Match[str]) -> str:
        part = match[1]
        if part in PARTS:
            return _filled(rng, rng.choice(PARTS[part]))
        if "|" in part:
            return str(rng.choice(part.split("|")))
        least, _, most = part.partition("-")
        return str(rng.randint(int(least), int(most)))

    return _PART.sub(chosen, text)


def named(rng: Random, code: str) -> str:
    """The same program with other names for its variables."""
    names = {name: rng.choice(choices) for name, choices in NAMES.items()}
    return _NAME.sub(lambda match: names[match[0]], code)
