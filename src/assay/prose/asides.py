"""What stands behind a name: it says more of it, unless it names another thing or takes the name back."""

from __future__ import annotations

import re

from assay.claim.clause import Stance
from assay.claim.stance import alternatives, of_rest
from assay.prose.countries import is_country

_BARE_NAME = re.compile(
    r"(?:(?:and|with|plus|&)\s)?(?:[A-Z][a-z]{2,}[\w'’.-]{0,40},?(?:\s(?:and|de|da|di|del|du|la|le|van|von|der|den|al|bin))?\s?){1,40}"
)
"""Names and nothing else, or joined to the one before the brackets."""
_ANOTHER_THING = re.compile(r"['’]s\s|\d{4}\s(?!(?:and|to|until)\b)\w+\s\w")


def takes_back(behind: str) -> bool:
    """Whether what stands behind a name rejects it, doubts it or offers another."""
    return of_rest(behind) is not Stance.ASSERTED or bool(alternatives("", behind))


def names_another(name: str, behind: str) -> bool:
    """Whether brackets behind a name name another thing: by a possessive, a bare name that is no country, or a work."""
    if behind.lstrip(" ,")[:1] != "(" or not name.rpartition(" ")[2][:1].isupper():
        return False
    aside = behind.strip(" ,.*()")
    a_name = _BARE_NAME.fullmatch(aside) is not None and not is_country(aside)
    return a_name or _ANOTHER_THING.search(aside) is not None
