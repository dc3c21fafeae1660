"""What IFBench asks about English words, by tables instead of a model of the language.

Function words, pronouns and the person names of the benchmark are closed lists. Verbs are the common ones with their
regular forms, so a rare verb in its base form is not known.
"""

from __future__ import annotations

import re

from assay.instructions.language import WORDS


def listed(words: str) -> frozenset[str]:
    """The words of a closed list."""
    return frozenset(words.split())


STOP_WORDS = listed(
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself "
    "it its itself they them their theirs themselves what which who whom this that these those am is are was were be "
    "been being have has had having do does did doing a an the and but if or because as until while of at by for with "
    "about against between into through during before after above below to from up down in out on off over under "
    "again further then once here there when where why how all any both each few more most other some such no nor not "
    "only own same so than too very s t can will just don should now d ll m o re ve y ain aren couldn didn doesn hadn "
    "hasn haven isn ma mightn mustn needn shan shouldn wasn weren won wouldn"
)
PRONOUNS = listed(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers "
    "herself it its itself they them their theirs themselves this that these those who whom whose which what whoever "
    "whomever whatever whichever anybody anyone anything everybody everyone everything nobody nothing somebody someone "
    "something each either neither both all some any none"
)
CONJUNCTIONS = listed("for and nor but or yet so")
PERSON_NAMES = listed(
    "Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia Benjamin "
    "Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob Scarlett Nathan Victoria "
    "Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora Andrew Aria Joseph Claire Ryan Stella "
    "Jonathan"
)
MINOR_WORDS = listed(
    "a an the and but for nor or so yet as at by en if in of off on per to up via vs v from into onto over with"
)
"""Words that title case may leave in lower case."""
_VERBS = listed(
    "abandon absorb abstract accelerate accept accompany accomplish account accuse achieve acknowledge acquire act "
    "activate adapt add address adhere adjust administer admire admit adopt advance advertise advise advocate affirm "
    "afford aggregate agree aid aim alert align allocate allow alter amend amplify analyse analyze anchor animate "
    "annotate announce answer anticipate apologize appeal appear apply appoint appreciate approach approve archive "
    "argue arise arm arouse arrange arrive articulate ascend ask assemble assert assess assign assist assume assure "
    "attach attack attain attempt attend attract authorize automate avoid awaken award bail bake balance bang base be "
    "bear beat become beg begin behold believe bend bet bid bind bite blend bless block bloom blow board boil bond "
    "book boost borrow bother bow brace brainstorm break breathe brew brighten bring browse brush build bundle burn "
    "bury buy calculate call calm camp cancel capture care carry cast catch celebrate center certify challenge change "
    "characterize charge chart chase chat check cheer cherish chew chill choose chop circle cite claim clap clarify "
    "classify clean clear click climb close clutch coach code coincide collaborate collapse collect color combat "
    "combine come comfort command commence comment commit communicate compare compete compile complain complement "
    "complete compliment compose comprise compute conceal conceive concentrate concern conclude condense conduct "
    "confess configure confirm confront congratulate connect conquer consider consist consolidate construct consult "
    "consume contact contain contemplate contend contest continue contrast contribute converse convert convey "
    "convince cook cope copy correct correspond count cover craft crash crawl create cross crush cry cultivate cure "
    "curl cut cycle damage dance dare dash deal debate debug decide declare decline decompose decorate decrease "
    "dedicate deduce deepen defeat defend define defy delay delegate delete deliver delve demand demolish demonstrate "
    "denote depart depend depict deploy deposit derive descend describe deserve design designate desire destroy "
    "detail detect determine develop devise devote dictate differentiate dig diminish dine dip direct disagree "
    "disappear discard disclose discourage discover discuss dislike dismiss dispatch display dispose disrupt dissolve "
    "distinguish distribute dive divide document donate double doubt download draft drain draw dream drift drill "
    "drink drive drop drown dry dump dust dwell earn ease eat echo edge edit educate elaborate elevate eliminate "
    "email embark embed embody embrace emerge emit emphasize employ empower emulate enable enclose encounter "
    "encourage endure enforce engage enhance enjoy enlist enrich enroll ensure entail enter entertain entitle "
    "envision equip erase escape establish estimate evaluate evoke evolve examine exceed exchange exclude excuse "
    "execute exercise exhale exhibit exist exit expand expect experience experiment explain exploit explore export "
    "express extend extract face facilitate fade fail fall familiarize fasten favor fear feature feed feel fetch "
    "fight file fill filter finance find finish fire fit fix flag flash flatten flee fling flip float flow fly focus "
    "fold follow force forge forget forgive form format formulate forward foster found frame free freeze frown fry "
    "fuel fulfill function fund fuse gain garnish gather gaze generate get give glance glow go grab grade grant grasp "
    "grate greet grill grind grip grow guarantee guard guess guide halt halve hammer handle hang happen harness have "
    "head heal hear heat heed heighten help hesitate hide highlight hike hire hit hold hope host house hug hunt hurry "
    "hurt hypothesize idealize identify ignore illuminate illustrate imagine immerse implement imply import impose "
    "impress improve incline include incorporate increase index indicate indulge infer inform infuse inhale inherit "
    "initialize initiate inject innovate input inquire insert insist inspect inspire install instruct insulate insure "
    "integrate intend intensify interact interpret intervene introduce invade invent invert invest investigate invite "
    "involve isolate iterate join jot journey judge juggle jump keep kick kill kiss kneel knit knock know label lack "
    "land last laugh launch lay lead lean leap learn leave lend lessen let leverage lick lie lift light limit line "
    "linger link list listen live load lobby locate lock log long look loop lose love lower mail maintain make manage "
    "manipulate map march mark marvel mash mask massage master match maximize mean measure meet melt memorize mend "
    "mention merge migrate mind mine minimize mirror miss mix mobilize model modify monitor motivate mount mourn move "
    "multiply name narrate navigate need negotiate nest nestle nod nominate normalize note notice number nurture obey "
    "object oblige obscure observe obtain occupy occur offer omit open operate opt optimize orchestrate order "
    "organize outline outperform overcome overlook own pack paint pair park participate pass pat patch pause pay peel "
    "peer perceive perfect perform permit persist personalize persuade phrase pick picture pin place plan plant play "
    "please pledge plot plug plunge point polish ponder pop pose possess post pour practice pray preach precede "
    "predict prefer preheat prepare prescribe present preserve press pretend prevail prevent price print prioritize "
    "probe proceed process proclaim produce program progress prohibit prolong promote prompt pronounce propose "
    "prosper protect prove provide publish pull pump punch punish purchase purge pursue push put qualify quantify "
    "question quit quote race rain raise rank rate reach react read realize reason rebuild recall recap receive "
    "recharge recite reckon recognize recommend reconsider record recover recreate recruit recycle redefine redesign "
    "reduce refer refine reflect refrain regain regard register rehearse reimagine reinforce reject rejoice relate "
    "relax release relieve relocate rely remain remember remind remove rename render renew rent reopen repair repay "
    "repeat rephrase replace reply report represent request require rescue research resemble reserve reset reside "
    "resist resolve respect respond rest restart restore restrict result resume retain rethink retrieve return "
    "reunite reveal revel reverse review revise revisit revive revolutionize reward rewrite ride ring rinse rip rise "
    "roam roast rock roll root rotate rub rule run rush sacrifice sail sample satisfy save say scan scatter schedule "
    "score scrape scream screen scroll sculpt seal search season seat secure see seek seem seize select sell send "
    "sense separate serve set settle shake shape share shed shift shine shoot shop shout show shut sigh sign signal "
    "simmer simplify simulate sing sink sip sit sketch skip slam sleep slice slide slip slow smell smile soak soar "
    "soften solve sort sound spare spark sparkle speak specify speculate spell spend spill spin split spot spray "
    "spread sprinkle squeeze stack stage stand start state stay steal steam steer step stick stimulate sting stir "
    "stop store strengthen stretch strike strip strive stroll structure struggle study submit substantiate substitute "
    "subtract succeed sue suffer suggest suit sum summarize supply support suppose surface surrender surround survey "
    "survive suspect sustain swap swear sweep swim swing switch sync synthesize tackle tag tailor take talk tap "
    "target taste teach tear tease tell tempt tend terminate test thank thicken think thrive throw tick tie tighten "
    "tip toast toggle tolerate top toss touch tour trace track trade train transcend transform translate transport "
    "trap travel traverse treasure treat trick trigger trim triumph trust try tuck turn twist type uncover undergo "
    "understand undertake unfold unify uninstall unite unleash unlock unplug unveil unwind update upgrade uphold urge "
    "use utilize validate value vanish vary ventilate venture verify view visit visualize volunteer vote wait wake "
    "walk want warm warn warrant wash waste watch water wave wear weave weigh welcome whip whisk whisper widen wield "
    "win wipe wire wish witness wonder work worry wrap wrestle write yell yield zoom"
)
_IRREGULAR = listed(
    "am is are was were been being has had do does did done began begun became brought built bought came caught "
    "chose chosen came cut dealt drew drawn drove driven ate eaten fell fallen felt fled found flew forgot "
    "forgotten gave given went gone got grew grown heard held hid hidden kept knew known laid led left lent lost "
    "made meant met overcame paid proved ran rose risen said sang sat saw seen sent shown slept sold sought spent "
    "spoke spoken stood swam taken taught thought threw thrown told took understood undertook woke won wore wove "
    "woven written wrote"
)
_AUXILIARIES = listed("is are was were has have had can could will would may might must does did")
_NOUNS = listed(
    "anchor archive base bear bed blood book calm camp cast center chart circle coach code color comfort cross "
    "damage debt detail dust edge email face fear feature feed fight finance fire flag flash flow fold format "
    "function fund glow grade heat host house hunt ice index iron knit land last lap line loop lower mail mask mine "
    "mirror mount nest number object own pair park patch peer phrase pin plant plot plug pop price pump race rain "
    "rank ring rock root rule sail sample scale scene score screen script season seat sense shape shop sign signal "
    "slice sound spark spot stage steam stick sum sun surface suit swing tag tank tap target taste tear tip toast "
    "top tour trade trap treasure trick type view vote warm waste water wave wire"
)
"""Nouns and adjectives that are verbs only before a determiner or a pronoun: "Water the plants", not "Water boils"."""
_DETERMINERS = listed(
    "a an the this that these those my your his her its our their it them him us me all each every any some no both "
    "up down out off"
)
_NOT_VERBS = listed(
    "morning evening nothing anything something everything during king spring string thing wing ceiling sibling "
    "sterling hundred indeed sacred naked wicked rugged speed breed seed weed creed united"
)
"""Words in -ing and -ed that are no verbs."""


_COMMON = listed(
    "yes hello thanks thank please good great best better bad big small large little long short high low old young "
    "new early late right wrong left happy sad hot cold warm cool dark bright black white red blue green yellow "
    "brown true false free full empty easy hard simple strong weak fast slow rich poor clean beautiful wonderful "
    "important special different possible ready sorry sure world day night morning evening week month year today "
    "tomorrow yesterday time hour minute people person man men woman women child children boy girl friend family "
    "mother father brother sister house home room door window street city town country land water fire air earth "
    "sun moon star stars sky sea ocean river lake mountain hill hills forest tree trees flower flowers bird birds "
    "dog dogs cat cats horse fish animal food bread milk cheese meat fruit apple coffee tea book books paper word "
    "words letter story song music game school teacher student question number name money job business company "
    "market store price car train road bridge ship phone computer software science art history law health heart "
    "head hand hands eye eyes face body mind life death love peace war power light shadow dream dreams hope joy "
    "truth freedom king queen god church party team winner idea thing things way place side end beginning part half "
    "one two three four five six seven eight nine ten hundred thousand first second third last next always never "
    "often again together away inside outside everything answer final result sum difference product equation "
    "dollars cents percent miles feet inches hours minutes days weeks months years apples each"
)


def mostly_english(text: str) -> bool:
    """Whether two thirds of the words are common English ones that are no function words of another language."""
    said = re.findall(r"[^\W\d_]+", text[:20_000].lower())
    return bool(said) and 3 * sum(map(_is_english, said)) >= 2 * len(said)


def _is_english(word: str) -> bool:
    return is_common(word) and not any(word in table for language, table in WORDS.items() if language != "en")


def is_common(word: str) -> bool:
    """Whether a word in lower case is a common English one, so that with a capital it need not be a name."""
    tables = (_COMMON, STOP_WORDS, PRONOUNS, _VERBS, _IRREGULAR)
    return any(word in table for table in tables) or any(stem in _VERBS for stem in _stems(word))


def starts_with_verb(text: str) -> bool:
    """Whether the first word is a verb of the tables, in any regular form, or any word in -ing or -ed.

    "can" and its like are none, as in the Penn Treebank, and a verb before "is" and its like is a noun.
    """
    found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text[:2000])[:2]
    if not found:
        return False
    first = re.sub("n?['’].*", "", found[0].lower())
    if first in _IRREGULAR:
        return True
    if first in _NOUNS:
        return found[-1].lower() in _DETERMINERS
    if first in _VERBS:
        return len(found) == 1 or found[1].lower() not in _AUXILIARIES
    formed = len(first) > 4 and first.endswith(("ing", "ed"))
    return first not in _NOT_VERBS and (formed or any(stem in _VERBS for stem in _stems(first)))


def _stems(word: str) -> list[str]:
    """What the base form may be of a word in -s, -ed or -ing."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word.removesuffix(ending)
            if ending in ("ied", "ies"):
                return [stem + "y"]
            double = [stem[:-1]] if stem[-1:] == stem[-2:-1] else []
            return [stem, *double] if ending == "s" else [stem, stem + "e", *double]
    return []
