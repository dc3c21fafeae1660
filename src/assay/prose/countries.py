"""Countries by their common English names, and their other names: data, between semicolons."""

from __future__ import annotations

from functools import lru_cache

from assay.reading.words import fold

_COUNTRIES = """
Afghanistan; Albania; Algeria; Andorra; Angola; Antigua and Barbuda; Argentina; Armenia; Australia; Austria;
Azerbaijan; Bahamas: The Bahamas; Bahrain; Bangladesh; Barbados; Belarus; Belgium; Belize; Benin; Bhutan; Bolivia;
Bosnia and Herzegovina: Bosnia; Botswana; Brazil; Brunei; Bulgaria; Burkina Faso; Burundi; Cambodia; Cameroon;
Canada; Cape Verde: Cabo Verde; Central African Republic; Chad; Chile; China: People's Republic of China, PRC;
Colombia; Comoros; Costa Rica; Croatia; Cuba; Cyprus; Czech Republic: Czechia; Denmark; Djibouti; Dominica;
Dominican Republic; Democratic Republic of the Congo: DR Congo, DRC; Republic of the Congo: Congo-Brazzaville; East
Timor: Timor-Leste; Ecuador; Egypt; El Salvador; Equatorial Guinea; Eritrea; Estonia; Eswatini: Swaziland; Ethiopia;
Fiji; Finland; France; Gabon; Gambia: The Gambia; Georgia; Germany; Ghana; Greece; Grenada; Guatemala; Guinea;
Guinea-Bissau; Guyana; Haiti; Honduras; Hungary; Iceland; India; Indonesia; Iran; Iraq; Ireland: Republic of
Ireland; Israel; Italy; Ivory Coast: Cote d'Ivoire; Jamaica; Japan; Jordan; Kazakhstan; Kenya; Kiribati; Kosovo;
Kuwait; Kyrgyzstan; Laos; Latvia; Lebanon; Lesotho; Liberia; Libya; Liechtenstein; Lithuania; Luxembourg;
Madagascar; Malawi; Malaysia; Maldives; Mali; Malta; Marshall Islands; Mauritania; Mauritius; Mexico; Micronesia;
Moldova; Monaco; Mongolia; Montenegro; Morocco; Mozambique; Myanmar: Burma; Namibia; Nauru; Nepal; Netherlands: The
Netherlands, Holland; New Zealand; Nicaragua; Niger; Nigeria; North Korea: Democratic People's Republic of Korea,
DPRK; North Macedonia: Macedonia; Norway; Oman; Pakistan; Palau; Palestine; Panama; Papua New Guinea; Paraguay;
Peru; Philippines: The Philippines; Poland; Portugal; Qatar; Romania; Russia: Russian Federation; Rwanda; Saint
Kitts and Nevis; Saint Lucia; Saint Vincent and the Grenadines; Samoa; San Marino; Sao Tome and Principe; Saudi
Arabia; Senegal; Serbia; Seychelles; Sierra Leone; Singapore; Slovakia; Slovenia; Solomon Islands; Somalia; South
Africa; South Korea: Republic of Korea; South Sudan; Spain; Sri Lanka; Sudan; Suriname; Sweden; Switzerland; Syria;
Taiwan; Tajikistan; Tanzania; Thailand; Togo; Tonga; Trinidad and Tobago; Tunisia; Turkey: Turkiye; Turkmenistan;
Tuvalu; Uganda; Ukraine; United Arab Emirates: UAE; England; Scotland; Wales; United Kingdom: UK, U.K., Great
Britain, Britain; Uruguay; Uzbekistan; Vanuatu; Vatican City; Venezuela; Vietnam: Viet Nam; United States: USA, US,
U.S., U.S.A., United States of America; Yemen; Zambia; Zimbabwe
"""


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[str, ...]]:
    """Every name, folded, with all names of its country."""
    made: dict[str, tuple[str, ...]] = {}
    for entry in " ".join(_COUNTRIES.split()).split(";"):
        name, _, others = entry.partition(":")
        names = tuple(part.strip() for part in (name, *others.split(",")) if part.strip())
        made |= dict.fromkeys(map(fold, names), names)
    return made


def is_country(text: str) -> bool:
    """Whether a text names a country."""
    return fold(text) in _names()


def aliases(text: str) -> tuple[str, ...]:
    """The other names of a country; nothing for any other text."""
    return _names().get(fold(text), ()) if len(text) < 60 else ()
