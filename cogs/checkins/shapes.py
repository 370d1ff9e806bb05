"""The shapes a prompt never has, and the checker that finds them.

It reads what *staff* writes: the prompts that ship and those that moderators write for their own
server. It is never run on what a member says; nothing here judges a person's words or how they
are. It knows shapes and not meanings: what it lets through may still be unkind, and what it stops
comes with a reason, so that it can be said in another way. Its sources are DESIGN section 8 (tone)
and the rule that a prompt in a channel asks for nothing that is hard to say or to take back.

Shapes of every language are looked for whatever the language of a server, because the
language of a server's settings is often not the one its moderators write in. French, German and
Portuguese have modules of their own (cogs.checkins.french). Only words that are harmless in another
language (`dad` is an imperative in Spanish) wait for their own.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from cogs.checkins import french, german, portuguese

_MODULES = {"de": german, "fr": french, "pt": portuguese}
"""Languages with a module of their own."""

TEXT_LIMIT = 240
"""Characters of a prompt: what is read at a glance on a phone."""

_FIRST = (
    r"(?:^|[.!?;:,(\"“«¿¡\n-])\s*"
    r"(?:(?:and|so|but|then|just|please|now|all|y|pero|ahora|solo|todos|por favor"
    r"|et|mais|puis|alors|s'il te plait|e|mas|entao|agora|so"
    r"|und|aber|also|dann|jetzt|nun|bitte|heute|einfach),? )*"
)
"""Where a sentence, or a part of it, begins: there an imperative stands."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Patterns over folded text: small letters, no accents, straight quotes and hyphens."""

    reason: str
    anywhere: tuple[str, ...]
    first: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Words that are looked for in one language only, because they are harmless in others."""

    def compiled(self) -> tuple[re.Pattern[str], Mapping[str, re.Pattern[str]]]:
        anywhere, first, own = self.anywhere, self.first, dict(self.only)
        for language, module in _MODULES.items():
            anywhere += module.ANYWHERE.get(self.reason, ())
            first += module.FIRST.get(self.reason, ())
            own[language] = module.ONLY.get(self.reason, ())
        parts = [rf"(?<!\w)(?:{'|'.join(anywhere)})(?!\w)"]
        if first:
            parts.append(rf"{_FIRST}(?:{'|'.join(first)})(?!\w)")
        only = {
            language: re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")
            for language, words in own.items()
            if words
        }
        return re.compile("|".join(parts)), only


_LET_OFF = re.compile(
    r"(?<!\w)(?:"
    r"(?:no need|without (?:having|needing)|(?:nobody|nothing) (?:has|needs)|never (?:have|need)"
    r"|(?:do|does|did)(?: not|n't) (?:have|need)) to"
    r"|without (?:saying|explaining|telling)"
    r"|no (?:hace falta|es necesario|hay que|tienes que|tiene que|tienen que|necesitas)"
    r"|sin (?:tener que|necesidad de|decir|explicar|contar)|nad[ai]e? tiene que"
    rf"|{'|'.join(module.LET_OFF for module in _MODULES.values())}"
    # German sets a comma before the reason that need not be told.
    r")(?!\w)[^.,;:!?]*(?:, (?:warum|wieso|weshalb)(?!\w)[^.,;:!?]*)?"
)
"""What sounds like a demand and takes one away: "no need to say why"."""

_DEMANDS = frozenset(
    {
        "checkins.refused.why",
        "checkins.refused.pressure",
        "checkins.refused.advice",
    }
)
"""The reasons that a let-off answers; a topic that is better not named stays one."""

_FEELINGS_EN = (
    "(?:sad|anxious|depressed|lonely|angry|stressed|tired|exhausted|happy|bad|low|scared|afraid"
    "|worried|upset|guilty|ashamed|miserable|hopeless|nervous)"
)
_FEELINGS_ES = (
    r"(?:triste|ansios[oa]|deprimid[oa]|sol[oa]|enojad[oa]|enfadad[oa]|estresad[oa]|cansad[oa]"
    r"|agotad[oa]|feliz|mal|asustad[oa]|preocupad[oa]|culpable|nervios[oa]|angustiad[oa])"
)
_LOW_ES = r"(?:dur|dificil|doloros|trist|oscur|terribl)\w*"
_CONDITIONS_EN = (
    "(?:depression|anxiety|bipolar|adhd|add|ocd|ptsd|bpd|autism|psychosis|schizophrenia"
    "|an? (?:eating|mental)[ -]\\w+)"
)
_CONDITIONS_ES = "(?:depresion|ansiedad|bipolaridad|tdah|toc|tept|tlp|autismo|psicosis|anorexia)"
_UP_TO = "(?:3|4|5|6|7|10|20|100|three|four|five|six|seven|ten|a hundred)"
_HASTA = "(?:3|4|5|6|7|10|20|100|tres|cuatro|cinco|seis|siete|diez|cien)"
_ANSWERED_EN = (
    "(?:answered|replied|checked|written|posted|said|told|joined|shown|talked|come|been|shared"
    "|answer|reply|check|write|post|say|tell|join|show|talk|share|visit)"
)
_ANSWERED_ES = (
    r"(?:contestado|respondido|escrito|venido|participado|pasado|dicho|publicado|aparecido|entrado)"
)

_SHAPES = (
    _Shape(
        "checkins.refused.why",
        (
            "why",
            "how come",
            "what (?:made|makes) you (?:think|say|believe|do|act|come|join|leave|decide)",
            "what (?:made|makes) you feel (?:that|so)",
            "for what reasons?",
            "what(?:'s| is| was| are| were) (?:the|your) reasons?",
            "por que",
            "el porque",
            "a que se debe",
            "como es que",
            r"cual(?:es)? (?:es|fue|era|son|fueron) (?:el|la|los|las|tus?) "
            r"(?:razon|razones|motivos?|causas?)",
            "que te (?:llevo|lleva) a",
            "que te (?:hizo|hace) (?:sentir asi|pensar|creer|actuar)",
        ),
    ),
    _Shape(
        "checkins.refused.scale",
        (
            rf"(?:0|1|zero|one) ?(?:to|-|through) ?{_UP_TO}"
            r"(?! (?:words?|sentences?|lines?|minutes?|things?|people|emojis?))",
            "out of (?:5|6|10|100|five|six|ten|a hundred)",
            r"\d+ ?/ ?(?:5|6|10|100)",
            r"\d+ ?%",
            "per ?cent(?:age)?",
            "what percentage",
            "(?:on|of) a scale|scale of",
            "rat(?:e|ing) (?:your|how|the|today|this|it|yourself)",
            "(?:mood|your) (?:score|rating)|score (?:your|today|how|yourself)",
            "grade (?:your|today|how|yourself)",
            "how (?:many|often)",
            "(?:a|what|which|in) numbers? (?:from|between|is|are|for|would|fits|describes)",
            "(?:give|gives) (?:it|today|yourself|your \\w+) (?:a number|a grade|points|stars)",
            rf"(?:del?|entre(?: el)?) (?:0|1|cero|uno) (?:al?|y(?: el)?) {_HASTA}"
            r"(?! (?:palabras?|frases?|lineas?|minutos?|cosas?|personas?|emojis?))",
            "sobre (?:5|10|100|cinco|diez|cien)",
            r"puntu(?:a|as|en|ad|ar|arias|acion)",
            "califica(?:r|s|n|rias)? (?:tu|tus|el|la|hoy|como|de|del)",
            "valora(?:r|s|n|rias)? (?:tu|tus|hoy|como|de|del)",
            "en una escala|escala de",
            "que (?:nota|numero|puntuacion|porcentaje)",
            "(?:por ciento|porcentaje)",
            "(?<!unos )(?<!unas )cuant[oa]s",
            "cada cuanto|con que frecuencia",
        ),
    ),
    _Shape(
        "checkins.refused.streak",
        (
            "streaks?",
            "(?:days?|weeks?|times|check-?ins?) in a row",
            "consecutive",
            r"day (?:#|no\.? ?|number )?\d+",
            r"\d+ (?:days?|weeks?|check-?ins?) (?:running|straight|so far)",
            "leader ?boards?|rankings?|high ?scores?",
            "(?:earn|earns|win|wins|collect) (?:\\w+ )?(?:points?|badges?|rewards?)|level up",
            "rachas?",
            "(?:dias|semanas|veces) (?:seguid|consecutiv)[oa]s",
            r"dia (?:n\.? ?|numero )?\d+",
            "(?:gana|ganas|gane|suma|sumas) (?:\\w+ )?(?:puntos?|medallas?|insignias?|premios?)",
            "sube(?:s)? de nivel",
        ),
    ),
    _Shape(
        "checkins.refused.guilt",
        (
            r"(?:we|i|i've|we've|everyone|everybody|people) (?:(?:have|has|all|really|so) )*"
            r"miss(?:ed|es)? you",
            rf"you (?:still |really |just )?(?:haven't|have not|didn't|did not|never) "
            rf"(?:\w+ )?{_ANSWERED_EN}",
            "you still (?:haven't|have not|didn't|owe)",
            "you (?:forgot|ignored|disappeared|vanished|left us|stopped \\w+ing)",
            "where (?:have|had) you (?:all )?been",
            "where (?:were|did) you(?: go)?|where are you (?:all|hiding)",
            "it(?:'s| is| has) been (?:(?:quite |such )?a (?:\\w+ )?(?:while|long time)|ages"
            "|(?:too|so) long)|long time no",
            "(?:haven't|have not) (?:heard|seen)(?: from)? you",
            r"let(?:ting)? (?:us|me|them|everyone|people|the \w+) down",
            r"disappoint\w*",
            "(?:are|is|were|was|'re) (?:still |all )*waiting (?:for|on) (?:you|your|an answer)",
            "everyone else (?:has|is|did|already)",
            "you owe|the least you (?:can|could)|shame on|you promised",
            "who (?:hasn't|has not|didn't|did not|is missing|still has)",
            "(?:so|too|very|awfully) quiet (?:in )?(?:here|lately)",
            "te (?:hemos |he |han )?(?:echado|echamos|echo|echan) (?:mucho )?(?:de menos|en falta)",
            "(?:te|os|los|las|les) (?:hemos |he )?extran(?:amos|ado|o|abamos)",
            "donde (?:has|habeis|han) (?:estado|andado)",
            "donde (?:estabas|estaban|andabas|te metiste|te has metido|te escondes)",
            "(?:cuanto|tanto) tiempo sin",
            "hace (?:\\w+ )*?que no (?:te|escribes|vienes|respondes|contestas|pasas|apareces"
            "|sabemos|participas)",
            "(?:aun|todavia) no (?:has|contestas|respondes|escribes|participas|nos)",
            rf"no (?:nos )?(?:has|habeis|han) {_ANSWERED_ES}",
            "nunca (?:contestas|respondes|escribes|participas|vienes|dices|cuentas)",
            "nos (?:fallas|has fallado|fallaste|abandonaste|olvidaste|has olvidado)",
            "no (?:nos|me|les) (?:falles|fallen|defraudes|decepciones)",
            r"decepcion\w*|defraud\w*",
            "desapareciste|has desaparecido|te olvidaste|prometiste",
            "(?:te )?(?:estamos|seguimos) esperando",
            "(?:los demas|todos) ya (?:han|respondieron|contestaron)",
            "quien(?:es)? (?:faltan?|no ha|no han|aun no|todavia no)",
            "lo minimo que|que verguenza",
            r"(?:estas|estais|estan|andas) (?:muy |tan )callad\w+",
        ),
    ),
    _Shape(
        "checkins.refused.pressure",
        (
            "mandatory|compulsory|obligatory",
            "(?:everyone|everybody|all of you|you all) (?:please )?"
            "(?:must|has to|have to|needs? to|is expected|are expected)",
            "(?:no|without) excuses",
            "(?:don't|do not) be (?:shy|so shy|quiet|boring)",
            "be honest|tell the truth|the whole truth",
            "(?:answer|reply|respond) (?:now|everyone|asap|immediately|quickly|please|before)",
            "please (?:answer|reply|respond)",
            "(?:i|we) (?:want (?:to hear from|an answer|answers)|expect)",
            "no (?:passing|skipping)|you (?:can't|cannot|can not|may not) (?:pass|skip)",
            "last chance|hurry(?: up)?",
            "who(?:'s| is) (?:first|brave enough)",
            r"obligatori\w+",
            "(?:sin|nada de) excusas",
            r"no (?:seas|sean|seais) (?:tan )?(?:timid|vergonzos|callad)\w+",
            "se (?:sincer|honest)[oa]|di la verdad|toda la verdad",
            r"(?:contesta|contesten|contestad|responde|respondan|responded) "
            r"(?:ya|ahora|todos|rapido|antes|por favor|pronto)",
            r"por favor,? (?:contest|respond)\w+",
            "todos (?:tienen|teneis|tenemos) que|todos deben",
            "quiero (?:oir|leer|escuchar) a todos",
            "(?:quiero|queremos|espero|esperamos) (?:(?:una|tu|sus|vuestras?|la) )?respuestas?",
            "no (?:se vale|vale|puedes|se puede) (?:pasar|saltar|saltarse|saltarte)",
            "ultima oportunidad|date prisa|apurate|apurense",
        ),
    ),
    _Shape(
        "checkins.refused.gaze",
        (
            "cameras?|webcams?|cams? on",
            "eye contact|in the eyes?",
            "selfies?|selfis?",
            "your face",
            "(?:photos?|pictures?|pics?|videos?) of (?:you|yourself|yourselves|your body)",
            "video ?calls?",
            "look (?:at|into) (?:me|us|each other|one another)",
            "(?:your|the|their) gaze|stare at",
            "watch(?:ing)? (?:me|us|each other)",
            "show (?:us )?(?:yourself|your (?:room|home|place))",
            "camaras?",
            "contacto visual|a los ojos|la mirada",
            "tu (?:cara|rostro)|vuestras caras|sus caras",
            "fotos? (?:tuyas?|de ti|vuestras?|de tu (?:cara|cuerpo))",
            "video ?llamadas?",
            "mira(?:me|nos|dnos|rnos|rse|dme)",
            "(?:ensena|muestra)(?:nos)? (?:tu|donde vives)",
        ),
    ),
    _Shape(
        "checkins.refused.wrong",
        (
            "what(?:'s| is| was| went| goes| has gone)(?: \\w+)? wrong|wrong with (?:you|us|me)",
            "what(?:'s| is) the matter|what(?:'s| is) your (?:problem|issue)",
            "what(?:'s| is| has been) (?:bothering|troubling|worrying) you",
            "que (?:te pasa|te ocurre|te sucede|te preocupa|te aflige|problema tienes)",
            "que (?:hay|tienes) de malo|(?:que|algo) (?:anda|va|esta|salio|fue) mal",
            "cual es tu problema",
        ),
    ),
    _Shape(
        "checkins.refused.trauma",
        (
            r"trauma\w*",
            "abuse[ds]?|abus(?:er|ers|ive|ing)",
            r"assault\w*|raped|rapist\w*|molest(?:ed|er|ation)",
            "violence|violent|bull(?:y|ies|ied|ying)",
            "flashbacks?|nightmares?",
            "(?:the|your|ever) worst",
            "worst (?:things?|days?|nights?|moments?|memor\\w+|times?|years?|experiences?|fears?)",
            "(?:hardest|darkest|saddest|scariest|most (?:painful|difficult|terrible|traumatic)) "
            "(?:things?|days?|times?|moments?|memor\\w+|years?|experiences?|parts?|periods?|hours?)",
            "(?:bad|painful|terrible|awful|horrible) (?:memor\\w+|experiences?|past)",
            "(?:who|what|has|have|that|someone|they|people) (?:has |have |ever )?hurts? you",
            "your (?:past|scars|wounds|demons|pain|triggers?)",
            "(?:haunts?|triggers?|scares?|frightens?) you|(?:biggest|greatest) fears?",
            r"traumatic\w*",
            r"abus(?:o|os|aron|ada|ado|ador)|agresi\w+|agredi\w+",
            r"violacion\w*|violaron|violad[oa]s?|violencia|maltrat\w+|acoso|acosad\w+",
            "pesadillas?",
            r"lo peor|(?:el|la|los|las|tus?) peor(?:es)?",
            rf"(?:lo|momentos?|dias?|recuerdos?|experiencias?|epocas?|cosas?|etapas?|anos?) mas "
            rf"{_LOW_ES}",
            "te (?:hizo|hicieron|ha hecho|han hecho|hace|hacen) dano",
            r"tus? (?:pasado|heridas?|cicatri\w+|demonios|dolor)",
            "(?:mayor(?:es)?|peor(?:es)?) miedos?|te (?:persigue|atormenta|aterra|da miedo)",
        ),
        only={"en": ("rape",)},
    ),
    _Shape(
        "checkins.refused.loss",
        (
            "(?:your|a|the|of|any) loss(?:es)?",
            "lost (?:someone|somebody|anyone|a (?:loved|friend|pet|parent|child|person)|your)",
            "(?:who|what|whom) (?:have|did) you (?:lost|lose)|have you lost",
            r"grie(?:f|ve|ved|ving)|mourn\w*|bereave\w*|funerals?|passed away",
            "deaths?|dead|died|dying|(?:to|will|would|could|might|people|you) die",
            "widow(?:s|ed|er)?|break-?ups?|divorced?",
            "(?:who|whom|what|someone|somebody) (?:do )?you miss|miss the most",
            "(?:tus?|la|una|las|alguna) perdidas?",
            "(?:has|habeis|han) perdido a|que has perdido|perdiste|perder a (?:alguien|un|tu)",
            r"duelo|luto|funeral(?:es)?|fallec\w+|difunt\w+",
            "muert[eoa]s?|morir|morido|moriste|murio|murieron",
            "(?:quien|alguien|personas?) (?:que )?ya no esta[n]?",
            "(?:a quien|que) (?:extranas|echas de menos)|echas (?:mas )?(?:de menos|en falta)",
            "divorcio|ruptura",
        ),
    ),
    _Shape(
        "checkins.refused.harm",
        (
            r"suicid\w*",
            r"self[ -]?harm\w*|self[ -]?injur\w*",
            r"(?:kill|hurt|harm|cut)(?:ing|ting)? yourself",
            "end (?:it all|your life)|want(?:ed)? to die|not want to (?:live|be alive)",
            r"overdos\w*",
            r"autolesi\w*",
            "matar(?:te|se)|quitar(?:te|se) la vida|hacer(?:te|se) dano|hacias dano",
            "sobredosis|ganas de (?:morir|vivir)|no (?:quieres|querias) vivir",
        ),
    ),
    _Shape(
        "checkins.refused.family",
        (
            "mothers?|fathers?|mom|mum|mommy|mummy|daddy|parents?",
            r"grand(?:mother|father|parent|ma|pa)s?|step(?:mother|father)s?",
            "siblings?|brothers?|sisters?|famil(?:y|ies)",
            "childhoods?|(?:as|when you were) a (?:child|kid)|when you were (?:little|young|small)",
            "grow(?:ing)? up|grew up|upbringing|raised you",
            r"(?:tus?|la|el|los|las|con|de|un|una) (?:madres?|padres?|mama|abuel[oa]s?|herman[oa]s?"
            r"|padrastro|madrastra)",
            "tu papa|familias?|familiares",
            "infancia|ninez|de (?:nin[oa]|pequen[oa])",
            r"cuando (?:eras|fuiste) (?:\w+ )?(?:nin|pequen|chic|joven)\w*",
            "crecist(?:e|eis)|te (?:criaron|criaste|crio)|crianza",
        ),
        only={"en": ("dads?",)},
    ),
    _Shape(
        "checkins.refused.diagnosis",
        (
            r"diagnos\w+",
            r"symptoms?|disorders?|illness(?:es)?|medicat\w+|meds",
            r"therap(?:y|ies|ists?)|psychiatr\w+|psycholog\w+",
            "are you (?:\\w+ )?(?:depressed|anxious|bipolar|manic|autistic|psychotic|sick|ill"
            "|stable|crazy|borderline|mad)",
            rf"(?:your|sounds? like|do you have|is it|have you got|with) (?:\w+ )?{_CONDITIONS_EN}",
            "your (?:condition|treatment|doctor)",
            r"relaps\w+|hospitali[sz]ed|in hospital",
            "sintomas?|trastornos?|enfermedad(?:es)?",
            "medica(?:cion|mentos?|da|do)|pastillas",
            r"terapias?|terapeutas?|psiquiatr\w+|psicolog\w+",
            r"(?:estas|eres|sientes) (?:\w+ )?(?:deprimid|depresiv|ansios|bipolar|maniac|autist"
            r"|enferm|loc[oa]|inestable|borderline)\w*",
            rf"(?:tu|parece|tienes|es) (?:\w+ )?{_CONDITIONS_ES}",
            "tu (?:condicion|tratamiento|medico|medica|doctora?)",
            r"recai\w+|recaer|hospitaliz\w+|ingresad[oa]s?",
        ),
    ),
    _Shape(
        "checkins.refused.body",
        (
            "weigh(?:t|s|ed|ing)?|calories?|diet(?:s|ing)?",
            "(?:did|have|do|are) you (?:\\w+ )?(?:eat|eaten|eating|exercis\\w+|shower(?:ed)?|slept"
            "|sleep|sleeping|hydrated)",
            "(?:how much|what) (?:did|have|do) you (?:eat|eaten|sleep|slept|drink|drunk)",
            "how (?:long|well|badly) (?:did|do|have) you (?:sleep|slept)|hours of sleep",
            "your (?:body|figure|appetite|looks)|what do you look like",
            "(?:get|stay|keep) in shape|overslept|still in bed|gyms?",
            "pesas|pesabas|pesarte|tu peso|(?:bajar|subir|perder|ganar|aumentar)(?: de)? peso",
            "calorias|dietas?",
            r"(?:has|habeis|han) (?:\w+ )?(?:comido|cenado|desayunado|almorzado|dormido|duchado)",
            "comiste|cenaste|desayunaste|almorzaste|dormiste|duermes|te (?:duchaste|has duchado)",
            "(?:que|cuanto) (?:comes|bebes)|horas de sueno|sigues en la cama",
            "tu (?:cuerpo|figura|aspecto|apetito)",
            r"adelgaz\w+|engord\w+|gimnasio",
        ),
    ),
    _Shape(
        "checkins.refused.substances",
        (
            r"alcohol\w*|drunk|beers?|wines?|vodka|whiske?y|booze|cocktails?",
            "sober|sobriety|drugs?|weed|cannabis|marijuana|cocaine|opioids?",
            r"smok(?:e|es|ed|ing)|cigarettes?|vap(?:e|es|ed|ing)|nicotine",
            "(?:get|getting|got|are you) high|(?:stay|stayed|staying|been|got) clean",
            r"addict\w*|cravings?|did you drink|have (?:you had )?a drink",
            r"borrach\w+|cervezas?|(?:un|copa de|botella de) vino|sobri[oa]s?|sobriedad",
            r"drog(?:a|as|arse|arte|aste|adicto|adicta)|marihuana|porros?|cocaina",
            r"fum(?:as|ar|aste|ado)|cigarr\w+|tabaco|vapear|vapeas|nicotina",
            r"adict\w+|adiccion\w*|(?:has|habeis) (?:bebido|consumido)|bebiste|consumes",
        ),
    ),
    _Shape(
        "checkins.refused.religion",
        (
            r"god|jesus|christ|allah|pray(?:s|ed|ing|er|ers)?|church|mosque|synagogue",
            r"bless(?:ed|ing|ings)?|bible|quran|religio\w+|your faith",
            "dios|rez(?:a|as|ar|aste|amos)|orar|iglesias?|mezquitas?|sinagogas?",
            r"bendi(?:cion|ciones|ga|gan|to|ta)|biblia|religi\w+|pecad(?:o|os|or)|(?:tu|la) fe",
        ),
    ),
    _Shape(
        "checkins.refused.money",
        (
            "salar(?:y|ies)|wages?|debts?|mortgage|(?:are|you're) (?:you )?(?:broke|poor)",
            "your (?:income|rent|savings|benefits|bank account)|pay (?:your|the) bills",
            "how much (?:money|(?:do|did|can) you (?:earn|make|spend|pay|owe))",
            "(?:can|can't|cannot) (?:you )?afford",
            "salarios?|sueldos?|deudas?|hipoteca|eres pobre|pobreza",
            "cuanto (?:dinero|ganas|cobras|gastas|pagas)|llegas a fin de mes",
            "tu (?:alquiler|renta|cuenta bancaria)|tus (?:ingresos|ahorros)",
        ),
    ),
    _Shape(
        "checkins.refused.presumes",
        (
            rf"how {_FEELINGS_EN} (?:are|do|did|have|is|were)",
            rf"what(?:'s| is| are| was| were| keeps| makes| has)? (?:making |got )?you (?:so |feel "
            rf"|feeling )*{_FEELINGS_EN}",
            r"how (?:was|is|are|were|did|does|'s)(?: your| the)? (?:work|school|office|college|uni"
            r"|university|job|class|classes|exams?|commute)",
            r"how's (?:your |the )?(?:work|school|job)",
            r"your (?:job|boss|co-?workers?|colleagues?|husband|wife|girlfriend|boyfriend|partner"
            r"|spouse|kids?|child|children|daughters?|friends|best friend|house|home|car)",
            "(?:did|have) you (?:go|gone|been|get|got) (?:out|outside|to work|to school)",
            rf"(?:que tan|como de|cuan) {_FEELINGS_ES}",
            rf"que te (?:pone|tiene|hace (?:estar|sentir)) (?:tan )?{_FEELINGS_ES}",
            r"(?:como|que tal) (?:te (?:fue|va|ha ido) (?:en |con )?|estuvo |va |fue )?"
            r"(?:el |la |tu )?(?:trabajo|escuela|oficina|uni(?:versidad)?|cole(?:gio)?|clases?)",
            r"tu (?:trabajo|empleo|jef[ea]|novi[oa]|pareja|espos[oa]|marido|mujer|hij[oa]|casa"
            r"|coche|carro|mejor amig[oa])",
            r"tus (?:jef[ea]s|hij[oa]s|amig[oa]s|companer[oa]s|amistades)",
            "has salido (?:de casa|a la calle|hoy)|saliste (?:de casa|a la calle|hoy)",
        ),
    ),
    _Shape(
        "checkins.refused.advice",
        (
            "should(?:n't)?|ought to|must(?:n't)?|you(?:'d| had) better",
            r"(?<!what )(?<!thing )(?<!things )(?<!that )you(?:'ve)? (?:need|have|got) to",
            "(?:i|we) (?:recommend|suggest|advise)|(?:my|our) advice|pro ?tip|if i were you",
            "have you (?:tried|considered|thought (?:about|of))|you could (?:try|always)",
            "(?:just|please) (?:breathe|relax|smile|calm down|try)",
            r"deb(?:es|eis|en|eria|erias|erian)|(?:tienes|tienen|teneis|tendrias) que|hay que",
            r"(?:te|os|les) (?:recomend\w+|recomiendo|aconsej\w+|sugier\w+|suger\w+|conviene)",
            "has (?:probado|intentado|considerado|pensado en)|yo (?:que tu|en tu lugar)",
            "(?:mi|nuestro|un) consejo|por que no (?:pruebas|intentas)",
        ),
        first=(
            "try|remember (?:to|that)|make sure|be sure|(?:don't|do not) forget",
            r"stop \w+ing|avoid|breathe|relax|calm down|focus on|let go",
            "drink (?:\\w+ )*water|go (?:for|outside)|take (?:a (?:deep )?breath|care of yourself)",
            "get (?:up|some|out)|(?:don't|do not) (?:worry|cry|be (?:sad|afraid))",
            "be (?:kind|gentle|grateful|thankful|positive|strong|brave|patient)(?: to \\w+)?",
            "think (?:positive\\w*|happy)|look on the bright",
            r"necesitas \w+(?:ar|er|ir)(?:te|se|lo|la)?",
            "intenta|trata de|procura|prueba (?:a|con)|(?:no (?:te )?olvides|asegurate)",
            r"recuerda (?:que|\w+(?:ar|er|ir)(?:te)?)|deja de|evita|respira|relajate|calmate",
            "sal a|cuidate|bebe (?:\\w+ )*agua|no (?:te preocupes|llores|estes triste)",
            r"piensa (?:en )?positiv\w*|haz (?:ejercicio|deporte)",
            "se (?:fuerte|positiv[oa]|agradecid[oa]|amable|valiente|paciente)",
        ),
    ),
    _Shape(
        "checkins.refused.promise",
        (
            "(?:it|things?|everything|all|life)(?:'ll| will| is going to|'s going to|'s gonna| are "
            "going to) (?:\\w+ )?(?:be (?:okay|ok|fine|good|all ?right|better|great|over)"
            "|get (?:better|easier)|improve|work out|pass)",
            "(?:it|life|things) (?:always )?(?:gets?|does get|do get) (?:better|easier)",
            "you(?:'ll| will| are going to|'re going to) (?:\\w+ )?(?:be (?:okay|ok|fine|all ?right"
            "|better|happy|safe)|feel better|get (?:through|better|over)|recover|heal|make it)",
            "(?:this|that|too|it) (?:shall|will) pass",
            "(?:i|we) (?:promise|guarantee)|guaranteed",
            "(?:we|i|someone|somebody|people|mods|moderators)(?:'re|'ll|'m| are| is| am| will)?"
            "(?: always)? (?:be )?(?:always )?(?:here|there|awake|listening|watching|online) "
            "(?:for you|24|all day|day and|around the clock|always)",
            "(?:we|i|someone|somebody|people|mods|moderators)(?:'re|'ll|'m| are| is| am| will)? "
            "always (?:be )?(?:here|there|awake|around|listening|online|watching|ready)",
            "there(?:'s| is| will) always (?:be )?(?:someone|somebody|a person|hope)",
            "(?:someone|somebody|we|i|a person)(?:'ll| will) (?:always )?(?:answer|reply|help|save"
            "|fix|listen|protect|keep you)",
            "you(?:'re| are) (?:never alone|always safe|safe here)",
            "time heals|everything happens for a reason",
            "todo (?:va a|ira|estara|saldra|se va a|se) (?:\\w+ )?(?:bien|mejor\\w*|arregl\\w+)",
            "todo pasa(?:ra)?|ya (?:se te )?pasara|(?:esto|eso) (?:tambien )?(?:pasara|va a pasar)",
            "(?:va|van|vas|vais) a (?:mejorar|estar (?:bien|mejor)|salir adelante|ponerte bien"
            "|curarte|superarlo|sentirte mejor)",
            "mejoraras?|te sentiras|estaras (?:bien|mejor|a salvo)|saldras (?:de|adelante)"
            "|superaras",
            "(?:te|os|les|se) (?:lo )?(?:prometo|prometemos|garantizo|garantizamos|aseguro)",
            "siempre (?:estamos|estaremos|estoy|hay alguien|habra alguien|te escuch\\w+)",
            "alguien (?:siempre )?(?:te )?(?:respondera|contestara|ayudara|escuchara|va a)",
            "nunca (?:estas|estaras) sol[oa]|(?:aqui )?estas a salvo",
            "el tiempo (?:lo )?cura|todo (?:pasa|sucede|ocurre) por (?:algo|una razon)",
        ),
    ),
    _Shape(
        "checkins.refused.cheering",
        (
            "you(?:'ve)? got this|you can do (?:it|this|anything)|proud of you",
            "keep (?:going|it up|fighting|smiling|pushing|shining|your head up|your chin up)",
            "(?:never|don't|do not) give up|stay (?:strong|positive)|good vibes|hang in there",
            "you(?:'re| are) (?:\\w+ )?(?:amazing|awesome|a (?:warrior|fighter|survivor|star|hero"
            "|champion)|strong|brave|enough|worth it|beautiful|incredible)",
            "great job|good job|well done|way to go|believe in yourself|cheer up",
            "(?:tu puedes|si se puede)(?=\\s*(?:$|[.,!]))|puedes con todo|orgullos[oa]s? de",
            "sigue(?:n|d)? asi|(?:no|nunca) te rindas|buenas vibras|mucho animo|cree en ti",
            r"(?:eres|sois|son) (?:\w+ )?(?:increible|fuerte|valiente|un[oa]? \w*(?:guerrer|campeon"
            r"|luchador)\w*|guerrer[oa]s?|suficiente|maravillos[oa]|genial)s?",
            "bien hecho|buen trabajo|animense|alegrate|echale ganas",
        ),
        first=("smile", "come on", "let's go", r"animo(?=\s*(?:$|[.,!]))", "sonrie", "venga,"),
        only={"es": ("animate",)},
    ),
    _Shape(
        "checkins.refused.time_of_day",
        (
            "mornings?|afternoons?|evenings?|tonight|overnight|midnight|noon|bed ?time",
            "good night|(?:last|at|every|all|this) night|nights",
            "before (?:bed|sleep|sleeping|you (?:go to )?(?:bed|sleep))|sleep well|sweet dreams",
            "breakfast|lunch ?time|dinner ?time|(?:start|end) (?:of )?(?:the|your) day",
            "(?:wake|woke|waking) up|sunrise|sunset",
            r"\d{1,2} ?(?:am|pm|a\.m|p\.m)|\d{1,2}:\d\d",
            "buen(?:os)? dias?|buenas(?: tardes| noches)?(?=\\s*(?:$|[.,!:;]))",
            "(?:esta|la|las|cada|una) (?:manana|mananas|tardes?|noches?|madrugadas?)",
            "buenas (?:tardes|noches)|anoche|noches?|medio ?dia|media ?noche|atardecer|amanec\\w+",
            "antes de (?:dormir|acostarte|irte a la cama)|desayuno|que descanses|dulces suenos",
            "al (?:despertar|levantarte|acostarte)(?:te)?|(?:inicio|final|fin) del dia",
            "(?:empezar|empiezas|terminar|terminas|acabar) (?:el|tu) dia|duerme bien",
        ),
    ),
)


@functools.cache
def _compiled() -> tuple[tuple[str, re.Pattern[str], Mapping[str, re.Pattern[str]]], ...]:
    # At the first text to judge: a start judges none, and this would be a tenth of it.
    return tuple((shape.reason, *shape.compiled()) for shape in _SHAPES)


REASONS = (
    "checkins.refused.empty",
    "checkins.refused.long",
    "checkins.refused.characters",
    "checkins.refused.format",
    "checkins.refused.link",
    "checkins.refused.mention",
    "checkins.refused.questions",
    "checkins.refused.shouting",
    *(shape.reason for shape in _SHAPES),
)
"""Every reason there is, as text keys, in the order in which they are told."""

_FORMAT = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|-#[ \t]|>{1,3}[ \t]|[-*+•][ \t]|\d{1,3}[.)][ \t])|`|\|\||\n",
    re.MULTILINE,
)
_LINK = re.compile(
    r"://|\bwww\.|\]\(|\bdiscord\.gg|\w\.(?:com|org|net|io|gg|app|info|dev)\b", re.IGNORECASE
)
_MENTION = re.compile(r"@\w|<[@#/]|<id:")
_SPACE = re.compile(r"\s+")
_SIGNS = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "\u02bc": "'",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "–": "-",
        "—": "-",
        "\u2212": "-",
        "*": None,
        "_": None,
        "~": None,
    }
)
_JOINERS = "\u200c\u200d"


def banned(text: str, locale: str) -> tuple[str, ...]:
    """Give the text key of every reason against a prompt written by staff; none when it may stand.

    `locale` (`en`, `es`, `es-419` ...) is the language the prompt was written for. A text over the
    limit is told that alone.
    """
    if len(text) > TEXT_LIMIT:
        return ("checkins.refused.long",)
    return tuple(_reasons(text, locale.partition("-")[0].lower()))


def _reasons(text: str, language: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text)
    if not any(character.isalpha() for character in plain):
        yield "checkins.refused.empty"
    if any(_unwelcome(character) for character in text):
        yield "checkins.refused.characters"
    if _FORMAT.search(text.strip()):
        yield "checkins.refused.format"
    if _LINK.search(plain):
        yield "checkins.refused.link"
    if _MENTION.search(plain):
        yield "checkins.refused.mention"
    if plain.count("?") + plain.count("؟") > 1:
        yield "checkins.refused.questions"
    if _shouts(plain):
        yield "checkins.refused.shouting"
    folded = _fold(plain)
    demanded = _LET_OFF.sub(" ", folded)
    for reason, anywhere, only in _compiled():
        words = demanded if reason in _DEMANDS else folded
        own = only.get(language)
        if anywhere.search(words) or (own is not None and own.search(words)):
            yield reason


def _unwelcome(character: str) -> bool:
    # Joiners are part of emoji and of some scripts; direction marks and controls hide things.
    if character == "\n" or character in _JOINERS:
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shouts(text: str) -> bool:
    if text.count("!") > 1:
        return True
    # Two words in a row, so that a single abbreviation is no shout.
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    return any(
        first.isupper() and second.isupper() and len(first) + len(second) > 5
        for first, second in pairwise(words)
    )


def _fold(text: str) -> str:
    """Small letters, no accents, straight quotes, single spaces, no emphasis marks."""
    marked = unicodedata.normalize("NFD", text.casefold().translate(_SIGNS))
    bare = "".join(c for c in marked if not unicodedata.combining(c) and c not in _JOINERS)
    return _SPACE.sub(" ", bare).strip()
