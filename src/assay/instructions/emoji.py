"""Which characters are emoji (emoji-data.txt of Unicode 17, single code points)."""

from __future__ import annotations

import re

_SIGNS = frozenset(
    "‼⁉™ℹ↔↕↖↗↘↙↩↪⌚⌛⌨⏏⏩⏪⏫⏬⏭⏮⏯⏰⏱⏲⏳⏸⏹⏺Ⓜ▪▫▶◀◻◼◽◾☀☁☂☃☄☎☑☔☕☘☝☠☢☣☦☪☮☯☸☹☺♀♂♈♉♊♋♌♍♎♏♐♑♒♓♟♠♣♥♦♨♻♾♿⚒⚓⚔⚕⚖⚗⚙⚛⚜⚠⚡⚧⚪⚫⚰⚱⚽⚾⛄⛅⛈⛎⛏⛑⛓"
    "⛔⛩⛪⛰⛱⛲⛳⛴⛵⛷⛸⛹⛺⛽✂✅✈✉✊✋✌✍✏✒✔✖✝✡✨✳✴❄❇❌❎❓❔❕❗❣❤➕➖➗➡➰➿⤴⤵⬅⬆⬇⬛⬜⭐⭕〰〽㊗㊙©®"
)
_RANGES = (
    "1f004 1f0cf 1f170-1f171 1f17e-1f17f 1f18e 1f191-1f19a 1f201-1f202 1f21a 1f22f 1f232-1f23a 1f250-1f251 "
    "1f300-1f321 1f324-1f393 1f396-1f397 1f399-1f39b 1f39e-1f3f0 1f3f3-1f3f5 1f3f7-1f4fd 1f4ff-1f53d 1f549-1f54e "
    "1f550-1f567 1f56f-1f570 1f573-1f57a 1f587 1f58a-1f58d 1f590 1f595-1f596 1f5a4-1f5a5 1f5a8 1f5b1-1f5b2 1f5bc "
    "1f5c2-1f5c4 1f5d1-1f5d3 1f5dc-1f5de 1f5e1 1f5e3 1f5e8 1f5ef 1f5f3 1f5fa-1f64f 1f680-1f6c5 1f6cb-1f6d2 "
    "1f6d5-1f6d9 1f6dc-1f6e5 1f6e9 1f6eb-1f6ec 1f6f0 1f6f3-1f6fc 1f7e0-1f7eb 1f7f0 1f90c-1f93a 1f93c-1f945 "
    "1f947-1f9ff 1fa70-1fa7c 1fa80-1fac6 1fac8 1facc-1fadd 1fadf-1faeb 1faef-1fafa"
)
"""Code points above the basic plane, in hexadecimal."""
_EMOJI = _SIGNS.union(
    chr(code) for part in _RANGES.split() for code in range(int(part[:5], 16), int(part[-5:], 16) + 1)
)
_JOINERS = "\ufe0f\u200d\u20e3"


def is_emoji(sign: str) -> bool:
    """Whether a character is an emoji."""
    return sign in _EMOJI


def ends_with_emoji(text: str) -> bool:
    """Whether the last sign is an emoji, also one of several characters (a flag, a keycap)."""
    body = re.sub("[\U000e0020-\U000e007f]+$", "", text[-40:]).rstrip(_JOINERS)
    return text.endswith("\u20e3") or (bool(body) and (is_emoji(body[-1]) or "\U0001f1e6" <= body[-1] <= "\U0001f1ff"))
