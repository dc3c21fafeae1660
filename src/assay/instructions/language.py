"""Which language a text is in, told by its script and its function words; `None` where that is not certain.

Conservative by design: short, mixed or unknown text gives `None`, which is never a point.
It knows the languages of the tables below and no others.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_SCRIPTS = """KANNADA kn; GURMUKHI pa; GUJARATI gu; TELUGU te; TAMIL ta; MALAYALAM ml; BENGALI bn; THAI th; HANGUL ko;
HEBREW he; GREEK el; HIRAGANA ja; KATAKANA ja; CJK zh; DEVANAGARI hi mr ne; ARABIC ar fa ur; CYRILLIC ru bg uk;
LATIN en de fr es it pt nl sv fi vi sw tr id pl"""
SCRIPTS = {script: tuple(languages) for script, *languages in (entry.split() for entry in _SCRIPTS.split(";"))}
"""Unicode script -> languages written in it that can be told apart here."""
_WORDS = {
    "hi": "है हैं और के की का में से को पर यह कि नहीं था एक ने लिए भी हम आप",
    "mr": "आहे आणि च्या ची चा मध्ये हे ही तो नाही होते एक आहेत तुम्ही आम्ही करा साठी मी आपल्या केले",
    "ne": "छ र को मा हो यो लागि छन् पनि एक गर्न हुन्छ थियो तपाईं हामी गर्नुहोस् भने गर्छ भएको यस",
    "ar": "في من على إلى أن هذا التي هو مع عن كان لا ما هذه ذلك كل الذي هي أو",
    "fa": "در به از که این را با است برای آن یک می شود کرد شما خود بر تا های هر",
    "ur": "کے میں کی ہے اور سے کا کو پر نے یہ ہیں کہ ایک بھی نہیں اس آپ لیے تھا",
    "ru": "и в не на что я с он как это по но из у за от то все так для",
    "bg": "и на да за се от не с в е са това по че като или ще до има който",
    "uk": "і в не на що з та це як до за для у від але він є або ми також",
    "en": "the of and to in is that it for was on are as with be at this have from or by you not but we i a an my "
    "your will can our they his her what all there their if so me do about how please who which has more when "
    "he she him then than would were been into its each these those such some any could should may over after "
    "before between through because while where many much does did",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
    "wir ihr ich du wie wenn oder aber nur noch nach bei wird sind haben sein kann mehr über vom zum zur durch "
    "einen einem einer diese dieser dann weil sehr heute geht gibt",
    "fr": "de la le et les des en un une du est que pour qui dans par sur pas au plus il avec ce se sont vous nous je "
    "elle ils ne mais ou où comme cette ces son sa ses leur leurs mon votre être avoir fait si bien aussi donc "
    "alors très tout tous comment quand aujourd hui réponse était peut",
    "es": "de la que el en y los se del las un por con no una su para es al lo como más pero sus le yo tú él ella "
    "nosotros muy también cuando donde qué cómo este esta esto eso ese hay ser estar está están son fue mi si "
    "sí ya porque entre todo todos tiene puede hoy cada",
    "it": "di e il la che in un per è non una sono del con si da come le dei nel alla più della anche gli io lui lei "
    "noi loro molto quando dove perché questo questa questi quello ho hai ha hanno essere fatto ci mi ti suo "
    "sua delle degli nella sul tutto tutti ogni oggi così",
    "pt": "de que e o a do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua eu "
    "você ela nós eles muito também quando onde porque isso isto este esta esse essa foi ser estar está são têm "
    "seus suas minha meu nos pelo pela já até cada todos hoje dois",
    "nl": "de en van het een in is dat op te zijn voor met die niet aan er om ook als maar bij dan nog ik jij je wij "
    "ze zij hij haar hun deze dit wat wie waar hoe wanneer naar uit waren wordt worden heeft hebben kan kunnen "
    "zou moet meer veel zo al hier daar gaat vandaag geen",
    "sv": "och i att det som en på är av för med till den har inte om ett han men var jag de så vi ni hon dem oss mig "
    "min din sin detta denna dessa vad hur när vem där här eller från kan ska skulle hade blir mycket många mer "
    "också alla idag mår något",
    "fi": "ja on ei se että oli hän mutta ovat kun niin myös joka kuin tai olen sekä nyt jos minä ole sen te hänen "
    "heidän minun sinun tämä tämän nämä mikä mitä miten missä milloin kuka koska vain vielä voi voit olla olet "
    "hyvin paljon enemmän kaikki tänään jotka sitä siitä",
    "vi": "và của là có không được cho một trong với các này những người đã để khi tôi bạn như nó chúng ta anh chị em "
    "gì nào đâu sao thế nhưng nếu vì thì mà đó đây rất cũng đang sẽ phải nên ra vào trên dưới hôm nay khỏe về "
    "từ đến bằng nhiều hơn",
    "sw": "na ya wa kwa ni katika la za cha hii kama yake hiyo huo sana au pia kuwa watu mimi wewe ili si lakini kila "
    "hapa huko sasa leo habari ndiyo hapana nini nani wapi lini jinsi kwamba ambayo ambao yangu yako yetu wao "
    "yeye sisi nyinyi zaidi baada kabla",
    "tr": "ve bir bu da de için ile çok olarak daha gibi ne var olan kadar sonra en ama mi ben sen biz siz onlar bunu "
    "şu mı mu mü değil ise ki veya ya nasıl neden nerede kim hangi çünkü fakat ancak bugün şey iyi büyük yeni "
    "olduğu olduğunu eden tarafından üzere göre",
    "id": "yang dan di untuk dengan ini dari dalam itu pada tidak adalah akan ke juga saya kami atau anda oleh aku "
    "kamu dia mereka kita apa siapa mana kapan bagaimana mengapa karena jika tetapi namun sudah belum sangat "
    "lebih banyak semua setiap hari kabar bisa dapat harus lagi hanya seperti antara",
    "pl": "i w nie na się że z do jest to jak o ale co za po tak czy dla od są przez był ja ona wy oni ich jego jej "
    "mnie ciebie ta te tym tego które który która kto gdzie kiedy dlaczego ponieważ lub oraz bardzo może można "
    "jeszcze już tylko także dziś dzisiaj masz mam",
}
WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
MARGIN = 1.2
"""How many times more function words than the next language a text must have."""
_FORMULA = re.compile(r"\\[A-Za-z]+|(?<![^\W\d_])[A-Za-z](?![^\W\d_])")
"""A command of LaTeX, or one Latin letter alone, which in mathematics is a variable and no word."""
_LETTERS = re.compile(r"[^\W\d_]+(?:[\u0900-\u0dff\u0e00-\u0e7f\u200c]+[^\W\d_]*)*")


def is_known(language: str) -> bool:
    """Whether a language, by its code with or without a region (`zh-cn`), can be told here."""
    return any(language.partition("-")[0] in languages for languages in SCRIPTS.values())


def detect(text: str) -> str | None:
    """The ISO 639-1 code of a text's language, or `None` where it cannot be told."""
    sample = text[:20_000]
    script = _script(sample)
    languages = SCRIPTS.get(script, ())
    if len(languages) == 1:
        return languages[0]
    words = Counter(_LETTERS.findall(_FORMULA.sub(" ", sample).lower()))
    hits = sorted(((sum(n for w, n in words.items() if w in WORDS[code]), code) for code in languages), reverse=True)
    if not hits or hits[0][0] == 0 or hits[0][0] < MARGIN * hits[1][0]:
        return None
    return hits[0][1]


def written_in(text: str, language: str) -> bool | None:
    """Whether a text is in the language of an ISO 639-1 code; `None` where that cannot be told.

    Another script tells it even of one word.
    """
    language = language.partition("-")[0]
    found, script = detect(text), _script(text[:20_000])
    if found is not None:
        return found == language
    return False if script in SCRIPTS and language not in SCRIPTS[script] else None


def _script(text: str) -> str:
    """The script of more than half of the letters, or an empty string."""
    counts: Counter[str] = Counter()
    for letter, n in Counter(text).items():
        if letter.isalpha() or unicodedata.category(letter) in ("Mc", "Mn"):
            counts[unicodedata.name(letter, "?").split()[0]] += n
    if not counts:
        return ""
    script, n = counts.most_common(1)[0]
    if script == "CJK" and counts["HIRAGANA"] + counts["KATAKANA"] > 0:
        return "HIRAGANA"
    return script if 2 * n > sum(counts.values()) else ""
