"""Chemistry with units: molar masses, solutions, reactions, gases. Atomic masses and equations are given."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction as F
from random import Random

from assay.sources.phrases import said
from assay.sources.procedural import Procedural
from assay.sources.quantities import Ask, Asked, drawn

MASSES = {
    "H": "1.008", "C": "12.011", "N": "14.007", "O": "15.999", "Na": "22.990", "Mg": "24.305", "Al": "26.982",
    "P": "30.974", "S": "32.06", "Cl": "35.45", "K": "39.098", "Ca": "40.078", "Fe": "55.845", "Cu": "63.546",
    "Zn": "65.38", "Ag": "107.868",
}  # fmt: skip
"""Element -> atomic mass in g/mol."""
SALTS = [
    "NaCl",
    "KCl",
    "CaCl2",
    "MgCl2",
    "AgNO3",
    "KNO3",
    "NaOH",
    "KOH",
    "Ca(OH)2",
    "Na2CO3",
    "K2CO3",
    "NaHCO3",
    "CuSO4",
    "MgSO4",
    "ZnSO4",
    "FeSO4",
    "Na2SO4",
    "K2SO4",
    "C6H12O6",
    "C12H22O11",
    "CO(NH2)2",
    "H2C2O4",
    "NH4Cl",
    "NH4NO3",
    "(NH4)2SO4",
    "Al2(SO4)3",
    "Fe(NO3)3",
    "K3PO4",
]
REACTIONS = (
    "2 H2 + O2 -> 2 H2O", "N2 + 3 H2 -> 2 NH3", "CH4 + 2 O2 -> CO2 + 2 H2O", "C3H8 + 5 O2 -> 3 CO2 + 4 H2O",
    "2 C2H6 + 7 O2 -> 4 CO2 + 6 H2O", "4 Fe + 3 O2 -> 2 Fe2O3", "Fe2O3 + 3 CO -> 2 Fe + 3 CO2", "2 Al + 3 Cl2 -> "
    "2 AlCl3",
    "4 Al + 3 O2 -> 2 Al2O3", "Zn + 2 HCl -> ZnCl2 + H2", "CaCO3 + 2 HCl -> CaCl2 + H2O + CO2", "2 Na + 2 H2O -> "
    "2 NaOH + H2",
    "2 Mg + O2 -> 2 MgO", "P4 + 5 O2 -> P4O10", "4 NH3 + 5 O2 -> 4 NO + 6 H2O", "2 SO2 + O2 -> 2 SO3",
    "Fe2O3 + 2 Al -> Al2O3 + 2 Fe", "C2H5OH + 3 O2 -> 2 CO2 + 3 H2O", "Cu + 2 AgNO3 -> Cu(NO3)2 + 2 Ag",
    "2 KOH + H2SO4 -> K2SO4 + 2 H2O",
)  # fmt: skip
R = F("8.314")
_PART = re.compile(r"([A-Z][a-z]?)(\d*)|\(|\)(\d*)")
Side = list[tuple[int, str]]
"""Numbers and formulas."""


def atoms(formula: str) -> Counter[str]:
    """How many atoms of each element a formula has: Ca(OH)2 has one Ca, two O and two H."""
    open_: list[Counter[str]] = [Counter()]
    for part in _PART.finditer(formula):
        if part[1]:
            open_[-1][part[1]] += int(part[2] or 1)
        elif part[0] == "(":
            open_.append(Counter())
        else:
            inner = open_.pop()
            for element, count in inner.items():
                open_[-1][element] += count * int(part[3] or 1)
    return open_[0]


def molar_mass(formula: str) -> F:
    """In g/mol."""
    return sum((F(MASSES[element]) * count for element, count in atoms(formula).items()), F())


def sides(reaction: str) -> tuple[Side, Side]:
    """What reacts and what comes of it, with its numbers."""
    left, right = ([term.split() for term in side.split(" + ")] for side in reaction.split(" -> "))
    read = [[(int(term[0]) if len(term) > 1 else 1, term[-1]) for term in side] for side in (left, right)]
    return read[0], read[1]


def _given(*formulas: str) -> str:
    """The atomic masses that a problem needs, as a sentence."""
    needed = sorted({element for formula in formulas for element in atoms(formula)})
    return f"Atomic masses in g/mol: {', '.join(f'{element} {MASSES[element]}' for element in needed)}."


def _amount(rng: Random) -> Asked:
    salt, m = rng.choice(SALTS), F(rng.randint(120, 9900), 100)
    words = said(
        rng, "How many moles are {m} g of {s}?", "What amount of substance is contained in {m} g of {s}?", m=m, s=salt
    )
    return f"{words} {_given(salt)}", m / molar_mass(salt), "mol", (salt, m)


def _mass(rng: Random) -> Asked:
    salt, n = rng.choice(SALTS), F(rng.randint(15, 4500), 1000)
    words = said(rng, "What is the mass of {n} mol of {s}?", "How much do {n} mol of {s} weigh?", n=n, s=salt)
    return f"{words} {_given(salt)}", n * molar_mass(salt), "g", (salt, n)


def _solution(rng: Random) -> Asked:
    salt, m, v = rng.choice(SALTS), F(rng.randint(50, 6000), 100), F(rng.randint(2, 60) * 25)
    words = said(
        rng,
        "{m} g of {s} are dissolved in water, and the solution is made up to {v} mL. What is its concentration?",
        "What is the concentration of a solution that holds {m} g of {s} in {v} mL?",
        m=m,
        v=v,
        s=salt,
    )
    return (
        f"{words} {_given(salt)}",
        1000 * m / molar_mass(salt) / v,
        "mol/L",
        (salt, m, v),
    )


def _weighed(rng: Random) -> Asked:
    salt, c, v = rng.choice(SALTS), F(rng.randint(10, 950), 1000), F(rng.randint(2, 60) * 25)
    words = said(
        rng,
        "Which mass of {s} is needed for {v} mL of a solution of {c} mol/L?",
        "How much {s} must be weighed out to prepare {v} mL of a {c} mol/L solution?",
        c=c,
        v=v,
        s=salt,
    )
    return f"{words} {_given(salt)}", c * v / 1000 * molar_mass(salt), "g", (salt, c, v)


def _yielded(rng: Random) -> Asked:
    reaction, m = rng.choice(REACTIONS), F(rng.randint(50, 9500), 100)
    left, right = sides(reaction)
    (a, reactant), (b, product) = rng.choice(left), rng.choice(right)
    words = said(
        rng,
        "Consider the reaction {r}. Which mass of {p} can be formed from {m} g of {a} if there is enough of "
        "everything else?",
        "{m} g of {a} react completely in {r}. How much {p} is formed?",
        r=reaction,
        p=product,
        a=reactant,
        m=m,
    )
    value = m / molar_mass(reactant) / a * b * molar_mass(product)
    text = f"{words} {_given(reactant, product)}"
    return text, value, "g", (reaction, reactant, product, m)


def _limited(rng: Random) -> Asked:
    reaction = rng.choice([r for r in REACTIONS if len(sides(r)[0]) == 2])
    left, right = sides(reaction)
    b, product = rng.choice(right)
    grams = [F(rng.randint(100, 9500), 100) for _ in left]
    runs = min(m / molar_mass(formula) / count for m, (count, formula) in zip(grams, left, strict=True))
    words = said(
        rng,
        "{m} g of {a} and {n} g of {c} are brought together and react as in {r} until one of them is used up. Which "
        "mass of {p} is formed?",
        "How much {p} can be made at most from {m} g of {a} and {n} g of {c} by the reaction {r}?",
        m=grams[0],
        n=grams[1],
        a=left[0][1],
        c=left[1][1],
        r=reaction,
        p=product,
    )
    told = words
    figures = (reaction, product, *grams)
    return f"{told} {_given(left[0][1], left[1][1], product)}", runs * b * molar_mass(product), "g", figures


def _gas(rng: Random) -> Asked:
    gases = {"H2", "O2", "N2", "CO2", "NH3", "SO2", "CH4", "C3H8", "C2H6", "NO", "Cl2", "CO"}
    choices = [(r, g) for r in REACTIONS for g in sides(r)[1] if g[1] in gases]
    (reaction, (b, gas)), t, p = rng.choice(choices), F(rng.randint(280, 420)), F(rng.randint(85, 210))
    (a, reactant), m = rng.choice(sides(reaction)[0]), F(rng.randint(50, 4500), 100)
    words = said(
        rng,
        "{m} g of {a} react completely: {r}. Which volume does the {g} take up that is formed, at {t} K and {p} kPa?",
        "In the reaction {r}, {m} g of {a} are used up. What is the volume of the {g} at a temperature of {t} K and "
        "a pressure of {p} kPa?",
        m=m,
        a=reactant,
        r=reaction,
        g=gas,
        t=t,
        p=p,
    )
    told = words
    value = m / molar_mass(reactant) / a * b * R * t / p
    note = "Treat it as an ideal gas with R = 8.314 J/(mol K)."
    return f"{told} {note} {_given(reactant)}", value, "L", (reaction, reactant, gas, m, t, p)


KINDS: tuple[tuple[Ask, ...], ...] = ((_amount, _mass), (_solution, _weighed), (_yielded,), (_limited, _gas))

chemistry = Procedural(
    name="science/chemistry",
    about="Chemistry with units, to three significant digits: moles, solutions, yields, limiting reactants and gases",
    verifier="number",
    draw=lambda rng, level: drawn(rng, level, KINDS),
)
