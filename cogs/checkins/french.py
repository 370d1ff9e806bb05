"""The shapes a prompt never has, as they are said in French (see cogs.checkins.shapes).

Patterns over folded text: small letters, no accents, straight quotes and hyphens.
"""

from __future__ import annotations

from collections.abc import Mapping

_FEELINGS = (
    r"(?:tristes?|anxieu\w+|deprime\w*|seule?s?|en colere|stresse\w*|fatigue\w*|epuise\w*|heureu\w+"
    r"|mal|inquiet\w*|coupables?|nerveu\w+|angoisse\w*)"
)
_CONDITIONS = "(?:depression|anxiete|bipolarite|tdah|toc|autisme|psychose|anorexie|boulimie)"
_LOW = r"(?:durs?|dures?|difficiles?|douloureu\w+|tristes?|sombres?|terribles?|penibles?)"
_UP_TO = "(?:3|4|5|6|7|10|20|100|trois|quatre|cinq|six|sept|dix|vingt|cent)"
_COUNTED = "(?: (?:mots?|phrases?|lignes?|minutes?|choses?|personnes?|emojis?))"
_ANSWERED = "(?:repondu|ecrit|participe|poste|partage|donne|dit|vu)"

LET_OFF = (
    r"(?:pas|aucun|sans) besoin de|sans (?:avoir a|devoir|dire|expliquer|raconter)|inutile de"
    r"|(?:rien|personne|tu) n'(?:a|as)(?: pas)?(?: besoin de| a)?|rien n'oblige a"
)
"""What sounds like a demand and takes one away: « pas besoin de dire pourquoi »."""

ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.why": (
        "pourquoi",
        "pour quelles? raisons?",
        r"quel(?:le)?s? (?:est|sont|etai(?:t|ent)) (?:la|le|les|ta|ton|tes) "
        r"(?:raisons?|causes?|motifs?)",
        "comment (?:ca se fait|se fait-il)",
        r"qu'est-ce qui (?:t'a|te) (?:pousse|amene|fait (?:dire|penser|croire|agir))",
    ),
    "checkins.refused.scale": (
        rf"(?:de|entre) (?:0|1|zero|une?) (?:a|et) {_UP_TO}(?!{_COUNTED})",
        rf"sur (?:5|10|20|100|cinq|dix|vingt|cent)(?!{_COUNTED})",
        "sur une echelle|echelle de",
        r"(?:quelle|une) note (?:tu |a |de |pour |donn|mett|sur)\w*",
        "(?:donne|mets|attribue)[- ]\\w+ (?:une note|un chiffre)",
        "quel (?:chiffre|nombre)",
        "combien",
        "pour ?cent(?:age)?s?",
        "a quelle frequence",
    ),
    "checkins.refused.streak": (
        r"(?:jours|semaines|fois|check-?ins?) (?:d'affilee|de suite|consecuti\w+)",
        "d'affilee",
        "(?:brise|casse|romps|perds) pas (?:la|ta) serie|serie (?:en cours|de jours)",
        "classements?|meilleurs? scores?",
        r"gagne[rsz]? (?:\w+ )?(?:points?|badges?|medailles?|recompenses?)",
        "mont(?:e|es|er|ez) (?:de|d'un|en) niveau",
        r"jour (?:n° ?|numero )?\d+",
    ),
    "checkins.refused.guilt": (
        r"(?:tu|vous) (?:nous|m'as|me|leur) (?:\w+ )?manqu\w+|tu nous manqu\w+",
        r"ou (?:etais|etiez)[- ](?:tu|vous)|(?:tu etais|t'etais) ou|ou (?:es|etais)[- ]tu passe\w*",
        "ou te caches|ou as-tu (?:ete|disparu)",
        r"(?:ca|cela) fait (?:\w+ )?(?:longtemps|un bail|un moment|une eternite)",
        "sans (?:nouvelles|reponse) de (?:toi|ta part)",
        rf"(?:tu )?n'as (?:\w+ )*(?:pas|jamais|rien) (?:encore )?{_ANSWERED}",
        rf"(?:toujours|encore) (?:pas|rien) {_ANSWERED}",
        "tu ne (?:reponds|participes|ecris|viens|dis) (?:pas|jamais|plus|rien)",
        r"tu (?:nous )?as (?:disparu|oublie|ignore|promis|laisse)",
        r"tu nous (?:laisses|oublies|ignores|decois)",
        "decu(?:e|s|es)?|decevoir",
        "on t'attend|nous t'attendons",
        r"(?:on|nous) attend(?:ons)? (?:\w+ )?(?:ta|tes|ton|vos|votre)",
        "(?<!ce )qui (?:manque a l'appel|n'a (?:pas|toujours|encore)|ne repond|ne participe)",
        "tout le monde (?:a|est) deja|les autres ont (?:deja|tous)",
        r"(?:bien|tres|si|trop) calme ici|tu es (?:bien|tres|si) (?:silencieu\w+|discret\w*)",
        "tu nous dois|la moindre des choses|tu devrais avoir honte",
    ),
    "checkins.refused.pressure": (
        "obligatoires?",
        "tout le monde doit|chacune? doit|tout le monde repond",
        "(?:sans|pas d'|aucune) ?excuses?",
        r"ne (?:sois|soyez) pas (?:si )?(?:timide|gene|silencieu)\w*",
        r"(?:sois|soyez) (?:honnete|sincere|franc)\w*|dis(?:-nous)? la verite|toute la verite",
        r"repond(?:s|ez) (?:maintenant|vite|tous|toutes|tout de suite|avant|s'il|immediatement)",
        r"(?:on|nous|je) (?:veut|voulons|veux|attends?|attendons) "
        r"(?:une |ta |tes |vos |des )?reponses?",
        "derniere chance|depeche(?:-toi|z-vous)",
        "(?:interdi(?:t|ction)|pas le droit|defense|impossible) de passer",
        "qui (?:ose|se lance|commence)",
    ),
    "checkins.refused.gaze": (
        "contact visuel|dans les yeux",
        "(?:ton|le|vos|leur) regard",
        "(?:ton|vos|votre) visages?",
        r"(?:photos?|videos?) de (?:toi|vous|ton|ta)",
        r"appels? (?:en )?(?:video|visio)|visio(?:s|conference)?",
        "regarde(?:z)?-(?:moi|nous|vous)|montre(?:z)?-(?:toi|nous|vous|moi)",
    ),
    "checkins.refused.wrong": (
        "(?:qui|quelque chose|ca|rien) (?:ne va (?:pas|plus)|va mal|cloche)",
        "qu'est-ce qui te (?:tracasse|preoccupe|derange|inquiete|chagrine|ronge)",
        "(?:quel est|c'est quoi) (?:ton|le) probleme|tu as un probleme",
    ),
    "checkins.refused.trauma": (
        r"abus(?:ee?s?|eurs?|if|ives?)?|viol(?:s|ee?s?|er|eurs?)?|violentes?",
        r"agress(?:ion|e|eur)\w*|harcel\w+|maltrait\w+|cauchemars?",
        "(?:le|la|les|ton|ta|tes) pires?",
        rf"(?:moments?|jours?|journees?|souvenirs?|periodes?|experiences?|choses?|epreuves?|annees?)"
        rf" (?:le|la|les) plus {_LOW}",
        "(?:t'a|t'ont|te) fai(?:t|re) (?:du )?mal",
        r"(?:ton|tes) (?:passe(?![-\w])|blessures?|cicatrices?|demons|douleurs?)|ta douleur",
        "plus grandes? peurs?|te (?:hante|terrifie|fait peur|effraie)",
    ),
    "checkins.refused.loss": (
        "deuils?|funerailles|obseques|enterrements?|deces|decede(?:e|s|es)?",
        "morte?s?|mourir|mourra|mourant(?:e|s|es)?|meurs|meurt",
        "perdu (?:quelqu'un|un proche|une personne|ton|ta|tes)|(?:as-tu|tu as) perdu",
        "(?:une|ta|tes) pertes?|te manqu(?:e|ent)",
        "divorce[rs]?|rupture|veu(?:f|fs|ve|ves)",
        "(?:n'est|ne sont) plus la",
    ),
    "checkins.refused.harm": (
        "(?:te|se) (?:faire|fais|blesser|tuer|mutiler)(?: du)? mal|te (?:tuer|blesser|mutiler)",
        r"automutil\w*|scarifi\w+|surdoses?",
        "en finir|envie de (?:mourir|vivre)|mettre fin a (?:tes|ses) jours",
    ),
    "checkins.refused.family": (
        "(?:ta|sa|une|leur) mere|(?:ton|son|un|leur) pere|(?:ton|ta) (?:papa|maman)|mamans?",
        r"grands?-?(?:mere|pere|parent|maman)s?|belle-mere|beau-pere",
        r"freres?|s(?:oe|œ)urs?|familles?|familial\w*|familiaux",
        r"enfances?|(?:quand|lorsque) tu etais (?:\w+ )?(?:petit|enfant|jeune|gamin)\w*",
        r"t'(?:a|ont) eleve\w*|tu as grandi",
    ),
    "checkins.refused.diagnosis": (
        "symptomes?|maladies?|malades?|medicaments?|traitements?",
        r"troubles? (?:menta|psy|anxieu|alimentaire|bipolaire|du comportement|de la person)\w*",
        "therapies?|therapeutes?|(?:ton|ta) (?:psy|medecin|docteur|doctoresse)",
        r"rechut\w+|hopital|hospitalis\w+",
        r"(?:es-tu|tu es|te sens-tu|tu te sens|t'es) (?:\w+ )?(?:deprime|depressi|anxieu|bipolaire"
        r"|autiste|folle|fou|instable|borderline)\w*",
        rf"(?:ta|ton|tes|une|avec|as-tu) (?:l'|la |de l'|de la |une )?{_CONDITIONS}",
    ),
    "checkins.refused.body": (
        r"ton poids|(?:prendre|perdre|perdu|pris) du poids|tu peses|(?:au|un|ton) regime",
        r"(?:as-tu|tu as|avez-vous) (?:\w+ )?(?:mange|dine|dejeune|petit-dejeune|dormi)",
        r"(?:tu t'es|t'es-tu) (?:\w+ )?(?:douche|lave)\w*",
        "(?:bien|mal|comment) dormi|heures de sommeil|tu dors|dors-tu|tu manges|manges-tu",
        "(?:ton|votre) (?:corps|physique|apparence|appetit)|ta silhouette",
        r"maigri\w*|grossi(?:r|s|e)?|(?:encore|toujours) au lit|salle de sport",
    ),
    "checkins.refused.substances": (
        r"alcool\w*|bieres?|(?:du|verres? de|bouteilles? de) vin|saoul\w*|bourree?s?|ivres?",
        r"sobriete|(?:es-tu|tu es|rester|restee?) sobre|drogu\w+|tabac|vapot\w+|clopes?",
        "accros?|(?:as-tu|tu as) (?:\\w+ )?(?:bu|consomme|fume)",
    ),
    "checkins.refused.religion": (
        "dieu|prier|prieres?|eglises?|mosquees?|beni(?:e|s|es|r)?|benedictions?|coran",
        "(?:ta|la) foi",
    ),
    "checkins.refused.money": (
        "salaires?|dettes?|loyers?|fins? de mois|pauvrete|fauchee?s?",
        r"(?:ton|ta|tes) (?:revenus?|compte en banque|epargne|economies|paie|factures?)",
        "(?:de l'|d'|ton )argent|les moyens de|(?:te|se) payer",
    ),
    "checkins.refused.presumes": (
        rf"a quel point (?:es-tu|tu es|te sens-tu|tu te sens) {_FEELINGS}",
        rf"qu'est-ce qui te (?:rend|met|fait (?:te )?sentir) (?:si |aussi |tellement )?{_FEELINGS}",
        r"comment (?:va|se passe|s'est passee?|s'est passe|etai(?:t|ent)|a ete) "
        r"(?:le |la |l'|les |ton |ta |tes )?"
        r"(?:travail|boulot|taf|ecole|lycee|fac|cours|college|bureau|exam\w*|partiels?)",
        r"(?:ton|ta) (?:travail|boulot|taf|job|chef|cheffe|patronn?e?|mari|femme|copain|copine"
        r"|conjointe?|partenaire|meilleure? amie?|maison|voiture|fils|fille|enfant)",
        "tes (?:collegues|enfants|amis|amies|potes|copains|copines|filles|fils)",
        r"(?:es-tu|tu es|t'es) (?:sorti|allee?|alle) ?(?:e|dehors|au travail|aujourd'hui)?",
    ),
    "checkins.refused.advice": (
        r"tu (?:dois|devrais|pourrais (?:essayer|toujours)|ferais mieux)|vous (?:devez|devriez)",
        "tu n'as qu'a|(?<!qu')il (?:te )?faut(?:drait)?",
        r"(?:je|on|nous) (?:te |vous )?(?:conseill|recommand|sugger)\w+",
        "(?:mon|notre|un|petit) conseil|a ta place|si j'etais toi",
        "(?:as-tu|tu as) (?:deja )?(?:essaye|pense a|envisage|tente)|pourquoi ne pas",
    ),
    "checkins.refused.promise": (
        r"(?:tout|ca|cela|les choses|la vie) (?:va|vont|ira|iront) "
        r"(?:\w+ )?(?:bien|mieux|aller|s'arranger|s'ameliorer|passer)",
        "tout (?:s'arrange|finit par|passe|ira)|(?:ca|cela) passera",
        r"tu (?:vas|iras) (?:\w+ )?(?:bien|mieux|t'en sortir|guerir|te sentir mieux)|t'en sortiras",
        r"(?:je|on|nous) (?:te |vous )?(?:le )?(?:promets?|promettons|garanti\w+|jure)",
        "(?:est|sommes|suis|sont|serons|serai|y a) toujours (?:la|quelqu'un|ici|de l'espoir)",
        "toujours la pour (?:toi|vous)|il y a toujours quelqu'un",
        r"quelqu'un (?:va |te |va te )?(?:repondra?|aidera?|ecoutera?|repondre|aider|ecouter)",
        "tu n'es (?:jamais|pas) seule?|tu es en securite",
        "le temps (?:guerit|arrange|efface)|rien n'arrive par hasard",
    ),
    "checkins.refused.cheering": (
        "tu (?:peux le faire|vas y arriver|geres|assures|dechires)",
        r"tu es (?:\w+ )?(?:incroyable|genial|fort|courageu|formidable|fantastique|merveilleu"
        r"|guerri|battant|hero|champion)\w*",
        r"fi(?:er|ere|ers|eres) de|(?:lache|abandonne)[sz]? (?:rien|pas|jamais)",
        r"reste[sz]? (?:fort|positi)\w*|continue comme ca|bien joue|(?:bon|beau) travail",
        "(?:crois|croit|croyons) en toi|bonnes (?:ondes|vibrations|vibes)|bon courage",
    ),
    "checkins.refused.time_of_day": (
        "matins?|apres-midis?|soirs?|nuits?|minuit|bonsoir|bonne soiree",
        "avant de (?:dormir|te coucher|aller (?:au lit|dormir))|au (?:reveil|lever|coucher)",
        "petit[- ]dejeuner|dejeuner|(?:debut|fin) de (?:la |ta )?journee|dors bien|beaux reves",
        r"(?:commenc|finir|termin|demarr)\w* (?:la|ta) journee|(?:lever|coucher) du soleil",
    ),
}

FIRST: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.scale": ("note(?:z|r)? (?:ta|ton|tes|votre|cette|aujourd'hui|sur|de)",),
    "checkins.refused.advice": (
        r"essa(?:ie|ye|yez)|tente de|rappelle-toi|souviens-toi|n'oublie(?:z)? pas|assure-toi",
        r"respire\w*|detends-toi|calme-toi|lache prise|repose-toi|hydrate-toi|concentre-toi",
        r"bois (?:\w+ )*(?:eau|verre)|va (?:dehors|marcher|te|prendre)|sors (?:de|un|prendre)",
        r"prends (?:soin de toi|une (?:grande |bonne )?(?:inspiration|respiration))",
        "arrete de|evite|ne t'inquiete pas|ne pleure pas|pense(?:z)? positif|fais du sport",
        r"sois (?:fort|positi|reconnaissant|courageu|patient|gentil|douce?)\w*",
    ),
    "checkins.refused.cheering": (
        r"courage(?=\s*(?:$|[.,!]))",
        "allez,|allons-y|souris|tiens bon|haut les coeurs|bravo",
    ),
}
"""Imperatives, which are looked for where a sentence begins."""

ONLY: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.family": ("meres?|peres?|papas?",),
    "checkins.refused.diagnosis": ("psy",),
    "checkins.refused.substances": ("fum(?:er|es|ez)|joints?",),
    "checkins.refused.time_of_day": (r"midi|matinees?|soirees?|diners?|\d{1,2} ?h(?: ?\d\d)?",),
}
"""Words that are harmless in other languages: `mere`, `midi`, `diner`."""
