"""Words of English (and a few of other languages) by what they do beside an answer: data, each list with its rule.

A list holds words of one kind, so that a stranger can say whether a word belongs there; none holds a word because one
row needed it. `either` makes a pattern of some of them.
"""

from __future__ import annotations

import re


def listed(text: str) -> tuple[str, ...]:
    """The entries between commas."""
    return tuple(" ".join(entry.split()) for entry in text.split(",") if entry.strip())


def either(*lists: tuple[str, ...]) -> str:
    """A pattern for any entry of some lists, the longest first; an apostrophe matches a typographic one too."""
    entries = sorted({entry for entries in lists for entry in entries}, key=lambda entry: (-len(entry), entry))
    return "(?:" + "|".join(re.escape(entry).replace("\\ ", r"\s").replace("'", "['’]") for entry in entries) + ")"


# --- what may stand before a value -----------------------------------------------------------------------------------

ARTICLES = listed("a, an, the")
EXACTNESS = listed(
    """exactly, precisely, just, only, simply, about, approximately, approx., approx, around, roughly, circa, ca.,
    genau, insgesamt, exactement, au total, exactamente, en total, exatamente, no total, esattamente, ровно,
    всего, итого"""
)
"""How exactly a value is meant, in English and in the languages of `ANSWER_NOUNS`."""
CONNECTIVES = listed(
    """so, thus, hence, therefore, then, indeed, clearly, again, finally, now, also, definitely, certainly, really"""
)
"""Adverbs that join a sentence to the one before, or stress it."""
SUBJECTS = listed("it, this, that, they, there, we, you, he, she, i")
"""Pronouns before a verb of the next list."""
COPULAS = listed(
    """is, are, was, were, be, will be, must be, would be, can only be, could only be, equals, equal to, equals to,
    equal, gives, give, yields, yield, gets, get, obtain, obtains, have, has, had, comes to, come to, comes out
    to, works out to, works out at, turns out to be, is called, are called, is known as, are known as, at"""
)
"""Verbs that say that what follows is the value."""
AUXILIARIES = listed("do, does, did, can, could, will, would, must, may, should, shall")
"""Verbs before another verb."""
RESULTS = listed(
    """leave, leaves, leaving, give, gives, giving, make, makes, making, yield, yields, yielding, come to, comes to,
    came to, brings the total to, bringing the total to, totaling, totalling, end with, ends with, end up with, ends
    up with, left with, so, thus, hence, therefore"""
)
"""What leads on to the result of what a sentence said before: "which leaves him with 15"."""
STATES = listed(
    """ist, sind, est, sont, es, son, è, é, são, beträgt, lautet, gibt, hay, il y a, há, c'è, ci sono, macht,
    ergibt, bleibt, bleiben, fait, font, reste, restent, hace, queda, quedan, resulta, resta, restam, fa, fanno,
    restano, будет, получится, получается, составляет, равно, остаётся, остается, is, are, was, were, be, equal,
    equals, equal to, become, becomes, has, have, had, comes out to, works out to, works out at, remain,
    remains, stay, stays, amount to, add up to, sum to, contain, contains,
    cost, costs, get, gets, obtain, obtains, find, total, totals, need, needs, take, takes, called, known as,
    matches, correspond to, point to, there's, it's, that's, he's, she's, they're"""
)
"""Verbs behind which a sentence without a marker may state its value; in other languages those of being, making and
remaining."""
MADE = listed(
    """written, painted, composed, directed, invented, discovered, founded, created, designed, built, made, developed,
    produced, published, sung, won, performed, recorded, proposed, drawn, formulated, proved, established, authored"""
)
"""Participles before `by` whose doer is the one that is asked for."""
GIVES = listed("take, takes, took, cost, costs, give, gives, giving, leave, leaves, leaving, save, saves, earn, earns")
"""Verbs that may have a person before their amount: "takes Ann 5 minutes"."""
AMOUNTS = listed(
    """made, sold, paid, took, spent, won, got, left, ate, had, read, bought, gave, sent, lost, drank, drove, ran,
    swam, saw, wrote, grew, kept, held, found, have, buy, sell, make, need, cost, eat, spend, earn, save, weigh,
    travel, rise, rose, fall, fell, shrank, sank,
    use, pay, read, drink, drive, run, walk, write, take, get, give, send, see, win, lose, keep, hold,
    total"""
)
"""Verbs of amounts that end in neither -s nor -ed."""
VALUE_NOUNS = listed(
    """number, value, integer, amount, result, answer, solution, count, quantity, total, total of, totals of"""
)
"""Nouns that name a value and are followed by it: "the number 42", "a total of 42"."""
MEASURES = listed(
    """total, profit, cost, price, length, width, height, depth, area, volume, perimeter, circumference, radius,
    diameter, distance, speed, velocity, rate, weight, mass, time, age, score, average, mean, value, amount, balance,
    income, revenue, salary, fee, discount, temperature, population, probability, capacity, duration"""
)
"""Nouns whose amount follows them: "a profit of $5", "has length 12"."""
NUMBERED = listed("page, year, fiscal year, fiscal, no., number")
"""Nouns whose number is what is asked for: "page 9", "fiscal 2019"; the number of a title ("Chapter 42") is none."""
FOUND = listed("calculated, computed, found, given, determined, obtained, estimated, worked out")
"""How a value was found, before `as`, `by` or `to be`."""
MODIFIERS = listed(
    """not, never, half, twice, double, triple, third, quarter, opposite, inverse, reciprocal, square, cube, root,
    negative, minus, if, parallel, perpendicular, orthogonal, symmetric, proportional, similar"""
)
"""Words that, in the name of a value, make it another thing's ("twice the answer is 9")."""

# --- what may not stand behind a value -------------------------------------------------------------------------------

CALCULATIONS = listed(
    """doubled, halved, tripled, point, away, minus, plus, times, increased, decreased, reduced, added, over, mod,
    modulo, to, per, by, divided, multiplied, squared, cubed, factorial, percent, percentage, percentile, dozen,
    dozens, pairs, power, raised, choose, base, root, sqrt, log, th, nd, rd, st, pi, i, halves, half, quarter,
    quarters, score, short, ish"""
)
"""Words that calculate with the number before them."""
COMPARISONS = listed(
    """alternatively, respectively, tops, or, unless, if, at, than, above, below, under, beyond, up, upwards, between,
    exceed, exceeds, exceeding, bounded, approaching, until, else, otherwise, provided, assuming, minimum, maximum,
    max, min, out, sure, confident"""
)
"""Words that compare, bound, condition or give an alternative."""
DEGREES = listed("more, less, fewer, greater, larger, smaller")
"""Comparatives: they compare only before `than` or a number ("42 more apples" are 42)."""
BASES = listed("base, mod, modulo")
"""Words that say in which arithmetic the number before them is meant."""

# --- how a claim is meant --------------------------------------------------------------------------------------------

DOUBTS = listed(
    """maybe, perhaps, possibly, probably, might, may, could, unsure, uncertain, doubtful, allegedly, supposedly,
    presumably, likely, unlikely, guess, seemingly, seems too, looks too"""
)
"""Words that doubt what stands beside them."""
UNSURE = listed(
    """i doubt, no idea, no answer, cannot tell, can't tell, cannot say, can't say, seems to be, don't know"""
)
"""Phrases that doubt the sentence they stand in."""
FOREIGN_JOINTS = listed(
    "oder, ou, o, или, или же, 或者, 或, か, または, 또는, أو, या, und, et, y, e, и, 和, と, 그리고, و, और"
)
"""The words "or" and "and" in the languages of `ANSWER_NOUNS`."""
FOREIGN_BUTS = listed("sondern, mais, sino, mas, ma, bensì, а")
"""The word "but" behind "not" in them."""
FOREIGN_CONNECTIVES = listed(
    """also, daher, deshalb, somit, folglich, donc, alors, par conséquent, ainsi, por lo tanto, por tanto, así que,
    entonces, portanto, logo, então, quindi, perciò, dunque, allora, pertanto, итак, следовательно, значит, поэтому,
    所以, 因此, 于是, 故, したがって, よって, だから, 따라서, 그러므로, لذلك, إذن, अतः, इसलिए"""
)
"""The words "so" and "therefore" in them: they conclude."""
FOREIGN_PREPOSITIONS = listed(
    """durch, mit, von, vor, nach, über, unter, als, um, bei, por, con, de, entre, desde, hasta, par, avec, sur, sous,
    dans, per, di, da, su, com, na, no, от, на, из, до, за, по, с"""
)
"""Prepositions in them, behind which a number is no result."""
FOREIGN_DOUBTS = listed(
    """vielleicht, möglicherweise, peut-être, quizás, quizá, tal vez, talvez, forse, возможно, может быть, наверное,
    也许, 可能, 或许, 大概, たぶん, おそらく, 아마, शायद, ربما"""
)
"""The word "maybe" in them."""
FOREIGN_THIS = listed("es ist, es war, das ist, das war, c'est, c'était, era, fue, foi, fu, è, это")
"""The words "it is" and "it was" in them."""
FOREIGN_NOTS = listed("no, não, non, nicht, pas, niet, bukan, не, 不, ليس, ليست")
"""The word "not" in them, before "is"."""
FINAL_NOTS = listed("ではありません, ではない, じゃない, 이 아닙니다, 가 아닙니다, 이 아니다, 가 아니다, नहीं है, नहीं")
"""The words "is not" at the end of their sentences."""
JUDGEMENTS = listed(
    "mistake, error, possibility, guess, trap, distractor, unsure, doubtful, bound, underestimate, overestimate"
)
"""Nouns and adjectives that a value is called by where it is not the answer."""
REJECTIONS = listed(
    """wrong, incorrect, false, mistaken, rejected, invalid, discarded, impossible, untrue, erroneous,
    outdated"""
)
"""Adjectives that say that something is not so."""
ERRORS = listed(
    """error, mistake, mistakes, miscalculated, recheck, redo, recompute, recalculate, reconsider, instead, forgot,
    overlooked, misread"""
)
"""Words of an error or of its repair."""
SUPPOSES = listed(
    """if, suppose, supposing, assume, assuming, unless, consider, try, trying, tried, imagine, say, for example,
    for instance"""
)
"""What makes a sentence a supposition, or a trial of one."""
CASES = listed(
    """if, for, when, where, with, without, in, on, under, suppose, supposing, assume, assuming, imagine, had, were"""
)
"""What begins an adjunct that puts a claim under a condition, or into a case or a place."""
PLACES = listed("for, with, in, on, under")
"""Those of them that are prepositions."""
THIS_CASE = listed("the, this, these, our, all, any, every, each, both")
"""Determiners behind one of them that speak of the case that is asked about ("for the given data")."""
ANOTHER = listed(
    """another, other, previous, earlier, preceding, next, following, similar, different, easier, harder, simpler,
    last, instead"""
)
"""Words that make it another problem's case."""
REASONS = listed("since, because, as, given, by, from, after, once, upon")
"""What begins an adjunct that gives a reason or a way, and may stand before a claim without a comma."""
OTHER_PEOPLE = listed(
    """many, some, most, few, people, others, other, they, experts, students, critics, he, she, everyone, everybody,
    somebody, someone, nobody, one, the question"""
)
"""Those whose opinion is reported."""
OPINIONS = listed(
    """think, thinks, thought, believe, believes, believed, say, says, said, claim, claims, claimed, assume,
    assumes, assumed, guess, guesses, guessed, suggest, suggested, consider, considers, considered, argue,
    argues, argued, pick, picks, picked, choose, chose, chooses, report, reports, reported, insist, insists, insisted"""
)
"""Verbs of saying and thinking."""
REPUTED = listed("thought, said, believed, claimed, rumoured, rumored, supposed, reputed, assumed")
"""Participles before `to be` that report an opinion."""
PAST = listed("used to, used to be, formerly, far from, anything but")
"""What makes a mention the opposite of a claim."""
CORRECTIONS = listed(
    """oops, sorry, correction, scratch that, scratch this, hold on, on second thought, on second thoughts, on
    reflection, on closer inspection, actually no, my mistake, my bad, apologies, strike that, never mind,
    nevermind, i made a, i made an, i was wrong, i take that back, i take it back, i misread, i forgot, i
    miscalculated, let me correct, let me redo, let me fix, let me reconsider, let me recompute, let me
    recalculate, let me try again, let me start over, just kidding, only joking"""
)
"""What a sentence begins with that takes back what was said."""
INTERJECTIONS = listed("wait, no, nope, hm, hmm, hmmm")
TURNS = (*INTERJECTIONS, *listed("actually, but, however, though, yet, then again"))
"""What a sentence begins with that may take back what was said, where it also names an error or another value."""

# --- the words of a marker -------------------------------------------------------------------------------------------

OWN = listed(
    """the, my, our, an, final, correct, right, best, exact, numeric, numerical, short, overall, complete, simplified,
    required, desired, most, likely, appropriate, valid, possible, closest, only, ultimate, actual, revised,
    corrected, updated, formatted, rounded, new"""
)
"""What may stand between such a lead and the word "answer": it is the answer that is given here, and nobody else's."""
LEADS = (
    *CONNECTIVES,
    *listed(
        """and, but, yet, however, ultimately, altogether, overall, consequently, accordingly, here,
        actually, in total, in all, in conclusion, in summary, in short, in the end, in fact, in other
        words, of course, as a result, that is, that's, this is, here is, here's, it is, which is, it
        turns out, to summarize, to conclude, note that, meaning, that"""
    ),
)
"""What may begin the main clause that gives an answer: words that join it to the text before."""
FINDS = listed(
    """get, find, found, see, conclude, concluded, know, have, obtain, obtained, deduce, infer, determine, determined,
    show, choose, arrive at, reach, realize, realise, notice, observe, calculate, calculated, compute, computed, derive,
    derived, confirm, verify"""
)
"""Verbs by which the writer ("I", "we") comes to an answer."""
THINKS = listed("say, think, believe, choose, go with, make it")
"""Verbs by which the writer, and nobody else, gives an answer."""
SURE = listed("confident, sure, certain, convinced")
"""Adjectives by which the writer says so."""
MEANS = listed(
    """means, implies, gives, shows, confirms, suggests, indicates, tells us, leads to, makes, follows, is
    clear, is evident, is obvious, is easy to see, can be seen"""
)
"""Verbs by which what was said ("this", "it") comes to an answer."""
ANSWER_NOUNS = listed(
    """正确答案, 最终答案, 答案, 答え, 正解, 回答, 答, 정답, 답, Antwort, Réponse, réponse, Respuesta,
    respuesta, Resposta, resposta, Risposta, risposta, Jawaban, Ответ, ответ, الإجابة,
    الجواب, Svaret, svaret, คำตอบ, उत्तर, উত্তর, 故选, 故選, 应选"""
)
"""The word "answer" in the languages that models answer in."""
CHOOSES = listed("选, 选择, 選, 選擇")
"""The verb "choose" in Chinese, which marks an answer where the writer chooses."""
BEFORE_CHOOSES = "应故以此题題我们們后後能则該该须终終"
"""Last signs of what may stand before it in its clause: so, therefore, this question, I, we, finally, must. Behind any
other word ("many wrongly", "do not", "some people") it is not the writer who chooses."""
CHOICES = listed(
    """right, correct, best, better, answer, fits, works, holds, survives, remains, left, leaves, leaving, choose,
    pick, select, take, go with, is it, must be, the most, points to, point to"""
)
"""Verbs and adjectives by which a clause chooses one of several options."""
FOREIGN_OPTIONS = listed(
    """Antwort, Option, réponse, opción, opção, opzione, letra, lettera, lettre, alternativa, вариант, 选项, 選項,
    選択肢, 보기, विकल्प, الخيار"""
)
"""The words "option" and "letter" in them."""
ANSWER_ADJECTIVES = listed("correcta, correcte, correta, corretta, finale, final, richtige, الصحيحة, النهائية, सही")
ANSWER_VERBS = listed(
    "är, er, 应为, 应该是, 就是, 是, 为, 為, は, が, 은, 는, 选, 選, คือ, ist, lautet, est, es, é, è, adalah, है, هي, هو"
)
"""The word "is" beside them."""

FINAL_VERBS = listed("です, である, だ, 입니다, 이다, है")
"""The word "is" at the end of their sentences."""

# --- yes and no ------------------------------------------------------------------------------------------------------

YES = listed(
    """yes, y, true, t, correct, right, entailed, entails, entail, entailment, supported, supports, support,
    confirms, proves, valid, accurate,
    affirmative, yep, yeah, yup, hold, holds, ja, oui, vrai, wahr, richtig, verdadero, verdadeiro, vero, верно, sí,
    si, sim, да, 是, 是的, 对, 對, 正确, 正確, 真, はい, 예, 네, نعم, हाँ"""
)
NO = listed(
    """no, n, false, f, incorrect, wrong, refuted, refutes, refute, contradict, contradiction,
    contradicted, contradicts, disproves,
    unsupported, invalid, inaccurate,
    negative, untrue, nope, nah, never, nein, non, não, faux, falsch, falso, неверно, нет, 否,
    不, 不是, 不对, 不對, 不正确, 错, 錯, 错误, 假, いいえ, 아니요, 아니오, لا, नहीं"""
)
AFFIRMS = listed("absolutely, certainly, definitely, indeed, surely, exactly, course, obviously")
"""Words of emphasis that say yes where no other word is said ("of course")."""
STATEMENT_WORDS = listed(
    """a, an, the, its, thats, it, this, that, they, he, she, there, is, are, was, were, be, being, statement,
    claim, sentence, hypothesis, answer, response, verdict, conclusion, assertion, argument, proposition,
    premise, definitely, certainly, absolutely, indeed, clearly, really, surely, so, thus, hence, therefore,
    logically, simply, just, final, correct, my, our, i, would, and, text, passage, evidence, table, by, of,
    course, cest, das, ist, es, è, это, resounding, clear, firm, definite, simple, in, short, summary,
    conclusion, overall, do, does, did, fact, label"""
)
"""Words that may stand before a yes or a no."""
AFTER_NO = listed(
    """it, this, that, they, he, she, we, i, you, there, not, because, since, as, so, or, and, but, the, its, yes,
    false, true, these, those, a, an, one, every, some, both, neither, in, by, according, given, if, when, his,
    her, their"""
)
"""What may follow a "no" that answers; before another word it means none ("no solution")."""

# --- what is said of an answer ---------------------------------------------------------------------------------------

ABOUT_ANSWERS = listed(
    """correct, incorrect, complete, right, wrong, clear, valid, unique, simple, obvious, positive, negative,
    consistent, supported, based, independent, reasonable, plausible, straightforward, possible, impossible,
    available, verified, confirmed, provided, shown, stated, written, expressed, formatted, derived, divisible,
    ready, final, needed, required, ambiguous, unclear, unknown, likely, easy, direct, less, greater, fewer,
    smaller, larger, between, below, above, true, false, left, found, plain, apparent, sound, good, fine, exact,
    precise, accurate, known, given, seen, made"""
)
"""Adjectives and participles that describe an answer and are none."""
DESCRIPTIONS = listed(
    """number, value, integer, answer, result, product, one, same, consequence, option, choice, way"""
)
"""Nouns that any answer may be called by."""
PREPOSITIONS = listed(
    """in, on, at, from, as, to, by, of, for, with, under, within, through, using, about, beyond, before, after, above,
    below, given"""
)
DISPLACES = listed(
    """after, before, near, around, beyond, except, besides, than, without, against, unlike, like, outside, past,
    towards, toward, behind, closest to, close to, away from, north of, south of, east of, west of, up to, almost,
    nearly, similar to, anything but, anywhere but, bordering, rather than, instead of, student of, father of,
    mother of, son of, daughter of, brother of, sister of, wife of, husband of"""
)
"""Words right before a name that tell something else from it: a time, a place, another person."""
REGIONS = listed("West, East, North, South, Northern, Southern, Eastern, Western, New, Upper, Lower, Greater")
"""Words that make the name of a place another one's ("West Virginia")."""
CERTAINLY = listed(
    """completely, entirely, fully, totally, wholly, perfectly, absolutely, definitely, certainly, clearly, obviously,
    evidently, undoubtedly, necessarily, indeed, actually, really, surely, also, still, always, therefore, logically,
    simply, just, very, quite, in fact"""
)
"""Adverbs that affirm what they stand beside, in full and without doubt."""
HOLDS = listed(
    """is, are, was, were, must be, has, owns, gets, keeps, wears, drinks, eats, drives, plays, takes, receives, holds,
    carries, picks, chooses"""
)
"""Verbs between somebody and what he has in a puzzle."""
