"""Physics with units: one formula, then a conversion, then two and three formulas in a row. Constants are given."""

from __future__ import annotations

from fractions import Fraction as F

from assay.sources.procedural import Procedural
from assay.sources.quantities import Formula, drawn, root

G = F("9.81")
WATER = F(4184)
GRAVITY = "Use g = 9.81 m/s^2 and neglect air resistance."
HEAT = "The specific heat capacity of water is 4184 J/(kg K)."


def _sliding(h: F, s: F, mu: F) -> F:
    """The speed at the end of a slope of length s and height h, with friction."""
    return root(2 * G * (h - mu * root(s**2 - h**2)))


def _power_in_one(u: F, r: F, p: F, q: F) -> F:
    pair = p * q / (p + q)
    return 1000 * (u * pair / (r + pair)) ** 2 / p


CURRENT = Formula(
    (
        "A resistor of {r} ohms is connected to a voltage of {u} V. What current flows through it?",
        "What is the current in a wire with a resistance of {r} ohms when {u} V are applied to it?",
    ),
    {"u": (15, 2400, 10), "r": (5, 900, 1)},
    lambda u, r: u / r,
    "A",
)
MASS = Formula(
    (
        "What is the mass of {v} cm^3 of a metal with a density of {d} g/cm^3?",
        "A metal part has a volume of {v} cm^3. How much does it weigh if the density is {d} g/cm^3?",
    ),
    {"v": (25, 900, 10), "d": (250, 1950, 100)},
    lambda v, d: v * d,
    "g",
)
WORK = Formula(
    (
        "A crate is pulled {d} m along the floor by a horizontal force of {f} N. How much work is done by this force?",
        "How much work does a constant force of {f} N do when it moves a body by {d} m in its own direction?",
    ),
    {"f": (120, 4800, 10), "d": (15, 650, 10)},
    lambda f, d: f * d / 1000,
    "kJ",
)
KINETIC = Formula(
    (
        "A vehicle of {m} kg moves at {v} km/h. What is its kinetic energy?",
        "How large is the kinetic energy of a body with a mass of {m} kg at a speed of {v} km/h?",
    ),
    {"m": (60, 2400, 1), "v": (18, 190, 1)},
    lambda m, v: m * (v * F(5, 18)) ** 2 / 2000,
    "kJ",
)
WAVELENGTH = Formula(
    (
        "A radio station transmits at {f} MHz. What is the wavelength in air? Use c = 3.00 * 10^8 m/s.",
        "Radio waves travel at 3.00 * 10^8 m/s. How long is a wave with a frequency of {f} MHz?",
    ),
    {"f": (11, 9800, 10)},
    lambda f: 300 / f,
    "m",
)
DEPTH = Formula(
    (
        "By how much does the pressure rise from the surface of a liquid with a density of {rho} kg/m^3 to a depth "
        "of {h} m?",
        "A tank is filled {h} m high with a liquid of density {rho} kg/m^3. What pressure does the liquid alone "
        "exert on the bottom?",
    ),
    {"h": (8, 900, 10), "rho": (700, 1300, 1)},
    lambda h, rho: rho * G * h / 1000,
    "kPa",
    "Use g = 9.81 m/s^2.",
)
IMPACT = Formula(
    (
        "A stone falls from rest from a height of {h} m. At what speed does it reach the ground?",
        "How fast is a ball just before it hits the ground if it was dropped from {h} m?",
    ),
    {"h": (12, 1500, 10)},
    lambda h: root(2 * G * h),
    "m/s",
    GRAVITY,
)
MIXTURE = Formula(
    (
        "{m} g of water at {a} degrees Celsius are poured into {n} g of water at {b} degrees Celsius. No heat is "
        "lost. By how many kelvins does the colder water warm up?",
        "One vessel holds {m} g of water at {a} degrees Celsius, another {n} g at {b} degrees Celsius. They are "
        "mixed without loss of heat. What is the rise in temperature of the water that was colder?",
    ),
    {"m": (50, 900, 1), "n": (50, 900, 1), "a": (45, 95, 1), "b": (4, 25, 1)},
    lambda m, n, a, b: (m * a + n * b) / (m + n) - b,
    "K",
)
COLLISION = Formula(
    (
        "A cart of {m} kg at {v} m/s runs into a cart of {n} kg that is at rest, and they roll on together. How "
        "much kinetic energy is lost in the collision?",
        "A body of {m} kg moves at {v} m/s, hits a resting one of {n} kg and sticks to it. By how much does the "
        "kinetic energy fall?",
    ),
    {"m": (4, 90, 1), "n": (4, 90, 1), "v": (12, 250, 10)},
    lambda m, n, v: m * n * v * v / (2 * (m + n)),
    "J",
)
PARALLEL = Formula(
    (
        "A resistor of {r} ohms is in series with two resistors of {p} and {q} ohms that are parallel to each "
        "other. What current does a source of {u} V deliver to this circuit?",
        "Resistors of {p} ohms and {q} ohms are connected in parallel, and {r} ohms in series with both. The whole "
        "is connected to {u} V. How large is the total current?",
    ),
    {"u": (30, 480, 10), "r": (5, 400, 1), "p": (5, 400, 1), "q": (5, 400, 1)},
    lambda u, r, p, q: 1000 * u / (r + p * q / (p + q)),
    "mA",
)
KETTLE = Formula(
    (
        "A kettle with a power of {p} W turns {e} % of it into heat of the water. How long does it take to heat {m} "
        "kg of water from {a} to 100 degrees Celsius?",
        "{m} kg of water at {a} degrees Celsius are to be brought to 100 degrees Celsius by a heater of {p} W and "
        "an efficiency of {e} %. How much time is needed?",
    ),
    {"m": (3, 25, 10), "a": (8, 30, 1), "p": (800, 3000, 1), "e": (62, 95, 1)},
    lambda m, a, p, e: m * WATER * (100 - a) / (p * e / 100),
    "s",
    HEAT,
)
SLOPE = Formula(
    (
        "A sledge starts from rest at the top of a straight slope that is {s} m long and {h} m high. The "
        "coefficient of kinetic friction is {mu}. How fast is it at the bottom?",
        "What speed does a crate reach that slides from rest down a ramp of length {s} m and height {h} m with a "
        "coefficient of kinetic friction of {mu}?",
    ),
    {"h": (100, 300, 10), "s": (310, 900, 10), "mu": (2, 9, 100)},
    _sliding,
    "m/s",
    GRAVITY,
)
PENDULUM = Formula(
    (
        "A bullet of {m} g is shot at {v} m/s into a block of {n} kg that hangs on a long rope, and stays in it. "
        "How high does the block rise?",
        "A block of {n} kg hangs at rest on a long rope. A bullet of {m} g hits it at {v} m/s and remains inside. "
        "To what height above its first position does the block swing?",
    ),
    {"m": (5, 60, 1), "n": (8, 60, 10), "v": (120, 480, 1)},
    lambda m, n, v: 100 * (m / 1000 * v / (m / 1000 + n)) ** 2 / (2 * G),
    "cm",
    GRAVITY,
)
POWER_IN_ONE = Formula(
    (
        "A source of {u} V feeds a resistor of {r} ohms in series with a pair of parallel resistors, of {p} and {q} "
        "ohms. What power is converted in the resistor of {p} ohms?",
        "Two parallel resistors, {p} ohms and {q} ohms, are in series with {r} ohms, and {u} V are applied to the "
        "whole. How much power does the one of {p} ohms take up?",
    ),
    {"u": (60, 480, 10), "r": (5, 200, 1), "p": (5, 200, 1), "q": (5, 200, 1)},
    _power_in_one,
    "mW",
)
KINDS = (
    (CURRENT, MASS, WORK),
    (KINETIC, WAVELENGTH, DEPTH),
    (IMPACT, MIXTURE, COLLISION, PARALLEL),
    (KETTLE, SLOPE, PENDULUM, POWER_IN_ONE),
)
"""What is asked from each level on."""

physics = Procedural(
    name="science/physics",
    about="Physics with units, to three significant digits: one formula, with a conversion, two formulas, three",
    verifier="number",
    draw=lambda rng, level: drawn(rng, level, KINDS),
)
