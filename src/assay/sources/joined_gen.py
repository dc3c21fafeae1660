"""Questions about two or three tables that share a column: orders, what is sold, and who buys it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from assay.sources.figures import fixed
from assay.sources.phrases import said
from assay.sources.procedural import Problem, Procedural
from assay.sources.table import markdown
from assay.sources.tables_gen import asked
from assay.types import content_hash

_GOODS = {
    "stationery": "notebook stapler binder pencil marker eraser ruler envelope",
    "kitchen": "kettle skillet ladle grater toaster apron teapot blender",
    "garden": "trowel hose spade planter rake shears lantern bench",
    "toys": "puzzle kite yoyo dollhouse robot marbles scooter drum",
    "sports": "racket helmet dumbbell jersey whistle net goggles paddle",
}
_BUYERS = (
    "Adler Baxter Castillo Dubois Eriksen Fontaine Gruber Hansen Ibarra Jansen Kowalski Lindgren Moretti Novak "
    "Okafor Petrov"
)
_CITIES = "Aarhus Bilbao Cork Dresden Evora Florence Ghent Haifa Izmir Jena"
SIZES = ((5, 3, 2), (8, 4, 3), (12, 5, 4), (18, 7, 5), (26, 9, 7), (36, 12, 9))
"""Orders, goods and buyers of each level."""
Order = tuple[int, str, str, int]
"""Number, buyer, good, quantity."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The tables; prices are in cents."""

    orders: list[Order]
    price: dict[str, int]
    kind: dict[str, str]
    city: dict[str, str]

    def worth(self, by: Callable[[Order], str]) -> dict[str, Fraction]:
        """What was paid in all, in euros, for each value of what orders are sorted by."""
        totals: dict[str, Fraction] = defaultdict(Fraction)
        for order in self.orders:
            totals[by(order)] += Fraction(order[3] * self.price[order[2]], 100)
        return totals


Question = tuple[str, str, Sequence[str]]
"""The question, the answer, and other names where it is a name."""


def _one_order(rng: Random, shop: Shop) -> Question:
    number, _, good, quantity = rng.choice(shop.orders)
    words = said(rng, "How many euros did order {n} cost?", "What is the value of order {n}, in euros?", n=number)
    return words, fixed(Fraction(quantity * shop.price[good], 100), 2) or "", ()


def _buyer_total(rng: Random, shop: Shop) -> Question:
    totals = shop.worth(lambda order: order[1])
    buyer = rng.choice(sorted(totals))
    words = said(
        rng,
        "How many euros did {b} spend in all?",
        "Add up what {b} paid for all orders. What is the sum, in euros?",
        b=buyer,
    )
    return words, fixed(totals[buyer], 2) or "", ()


def _top_buyer(rng: Random, shop: Shop) -> Question:
    words = said(rng, "Which customer spent the most money in all?", "Whose orders have the greatest total value?")
    return words, _greatest(shop.worth(lambda order: order[1])), sorted(shop.city)


def _kind_total(rng: Random, shop: Shop) -> Question:
    totals = shop.worth(lambda order: shop.kind[order[2]])
    kind = rng.choice(sorted(totals))
    words = said(
        rng,
        "What was the revenue from {k} products, in euros?",
        "How many euros were paid for products of the category {k}?",
        k=kind,
    )
    return words, fixed(totals[kind], 2) or "", ()


def _city_total(rng: Random, shop: Shop) -> Question:
    totals = shop.worth(lambda order: shop.city[order[1]])
    city = rng.choice(sorted(totals))
    words = said(
        rng,
        "What is the total value, in euros, of the orders from {c}?",
        "How many euros did customers in {c} spend?",
        c=city,
    )
    return words, fixed(totals[city], 2) or "", ()


def _mean_order(rng: Random, shop: Shop) -> Question:
    by = shop.worth(lambda order: shop.city[order[1]])
    city = rng.choice(sorted(by))
    many = sum(shop.city[order[1]] == city for order in shop.orders)
    words = said(
        rng,
        "What was the mean value of an order from {c}, in euros?",
        "How many euros did an order from {c} cost on average?",
        c=city,
    )
    return words, fixed(by[city] / many, 2) or "", ()


def _kind_share(rng: Random, shop: Shop) -> Question:
    totals = shop.worth(lambda order: shop.kind[order[2]])
    kind = rng.choice(sorted(totals))
    words = said(
        rng,
        "What percentage of the total revenue came from {k} products?",
        "Of all money that was spent, which percentage went to the category {k}?",
        k=kind,
    )
    share = fixed(100 * totals[kind] / sum(totals.values()), 1) or ""
    return words, share if len(totals) > 1 else "", ()


def _top_good_of_city(rng: Random, shop: Shop) -> Question:
    city = rng.choice(sorted(set(shop.city.values())))
    there = Shop([order for order in shop.orders if shop.city[order[1]] == city], shop.price, shop.kind, shop.city)
    words = said(
        rng,
        "On which product did customers in {c} spend the most?",
        "Which product brought in most money from {c}?",
        c=city,
    )
    return words, _greatest(there.worth(lambda order: order[2])), sorted(shop.price)


def _greatest(totals: dict[str, Fraction]) -> str:
    """The name with the greatest total; nothing where two have it."""
    best = [name for name, value in totals.items() if value == max(totals.values())]
    return best[0] if len(best) == 1 else ""


QUESTIONS: tuple[tuple[Callable[[Random, Shop], Question], ...], ...] = (
    (_one_order,),
    (_buyer_total, _top_buyer),
    (_kind_total,),
    (_city_total,),
    (_mean_order, _kind_share),
    (_top_good_of_city,),
)
"""What is asked from each level on; a level asks its own and those of the one before. From level 4 on three "
"tables are joined."""


def _joined(rng: Random, level: int) -> Problem:
    while True:
        shop, ask = _shop(rng, *SIZES[level - 1]), rng.choice(sum(QUESTIONS[max(0, level - 2) : level], ()))
        question, right, names = ask(rng, shop)
        if right:
            numbers = sorted([quantity, shop.price[good]] for _, _, good, quantity in shop.orders)
            mine = sorted([q, shop.price[g]] for _, b, g, q in shop.orders if right in (b, g))
            form = [ask.__name__, mine or right, content_hash(numbers)]
            return asked(_shown(rng, shop), question, right, names, is_shown=False, form=form)


def _shop(rng: Random, n: int, goods: int, buyers: int) -> Shop:
    kind = {good: kind for kind, words in rng.sample(sorted(_GOODS.items()), 2 + (goods > 5)) for good in words.split()}
    sold = rng.sample(sorted(kind), goods)
    price = dict(zip(sold, rng.sample(range(99, 4999, 5), goods), strict=True))
    people = rng.sample(_BUYERS.split(), buyers)
    cities = rng.sample(_CITIES.split(), max(2, buyers // 2))
    city = {person: cities[i % len(cities)] for i, person in enumerate(people)}
    first = rng.randint(100, 900)
    orders = [(first + i, rng.choice(people), rng.choice(sold), rng.randint(2, 40)) for i in range(n)]
    return Shop(orders, price, {good: kind[good] for good in sold}, city)


def _shown(rng: Random, shop: Shop) -> str:
    orders = markdown(("Order", "Customer", "Product", "Quantity"), [list(map(str, order)) for order in shop.orders])
    prices = [[good, shop.kind[good], fixed(Fraction(cents, 100), 2) or ""] for good, cents in shop.price.items()]
    goods = markdown(("Product", "Category", "Price in euros"), prices)
    buyers = markdown(("Customer", "City"), sorted(map(list, shop.city.items())))
    return "\n\n".join(rng.sample([f"Orders\n{orders}", f"Products\n{goods}", f"Customers\n{buyers}"], 3))


joined = Procedural(
    name="table/joined",
    about="Values, totals, shares and maxima over three tables of orders, products and customers that must be joined",
    verifier="number",
    draw=_joined,
    levels=len(SIZES),
)
