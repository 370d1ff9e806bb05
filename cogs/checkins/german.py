"""The shapes a prompt never has, as they are said in German (see cogs.checkins.shapes).

Patterns over folded text: small letters, no accents, `ss` for `ß`, straight quotes and hyphens.
"""

from __future__ import annotations

from collections.abc import Mapping

_FEELINGS = (
    "(?:traurig|angstlich|depressiv|einsam|wutend|gestresst|mude|erschopft|glucklich|schlecht"
    "|besorgt|schuldig|hoffnungslos|nervos|verzweifelt|uberfordert|unglucklich|fertig)"
)
_CONDITIONS = (
    r"(?:depression(?:en)?|angststorung\w*|ad(?:h)?s|ptbs|zwange?|borderline|bipolar\w*|autismus"
    r"|psychosen?|magersucht|essstorung\w*)"
)
_UP_TO = "(?:3|4|5|6|7|10|20|100|drei|vier|funf|sechs|sieben|zehn|zwanzig|hundert)"
_COUNTED = "(?: (?:worte?n?|worter|satze?n?|zeilen?|minuten?|dingen?|personen|leuten?|emojis?))"
_ANSWERED = (
    "(?:geantwortet|geschrieben|gesagt|mitgemacht|gepostet|gemeldet|reagiert|erzahlt|geteilt"
    "|gezeigt|vorbeigeschaut|eingecheckt)"
)
_YOUR = "(?:dein|eu)(?:e[nmrs]?|re[nmrs]?|er)?"
_LOW = "(?:schwerste|dunkelste|traurigste|harteste|schmerzhafteste|schrecklichste)[nmrs]?"
_HALF = "(?:morgen|vormittag|nachmittag|abend|nacht)"

LET_OFF = (
    r"(?:du|ihr|man|hier) musst? (?:\w+ )?nichts?|(?:niemand|keiner|nichts) muss"
    r"|brauchst? (?:du )?(?:nichts?|kein\w*)|es braucht kein\w*|ganz ohne"
    "|ohne (?:zu )?(?:sagen|erklaren|erzahlen|begrunden)|ohne dass du"
)
"""What sounds like a demand and takes one away: „du musst nicht sagen, warum“."""

ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.why": (
        "warum|wieso|weshalb",
        "aus welche[mn] gr(?:und|unden)",
        "was (?:ist|war|sind|waren) (?:der|dein|euer|die|deine|eure) gr(?:und|unde)",
        "(?:wie kommt|woran liegt|lag) es,? dass|woran liegt(?:'s| das| es| dein\\w*)",
        "was (?:hat|bringt|brachte) (?:dich|euch) (?:dazu|so)",
    ),
    "checkins.refused.scale": (
        rf"(?:von|zwischen) (?:0|1|null|eins?) (?:bis|und) {_UP_TO}(?!{_COUNTED})",
        "auf (?:einer|der) skala|skala von",
        "wie ?viele|wie oft|wie hoch",
        "bewerte\\w*|benote(?:t|n|st)?",
        "(?:welche|eine|die|deine|schul) ?(?:note|punktzahl|zahl|bewertung)",
        "(?:wie viel|welcher|welchen) prozent\\w*|prozentsatz|prozent",
        "punkte (?:gibst|gebt|vergibst|bekommt|hat)",
    ),
    "checkins.refused.streak": (
        "(?:tage?n?|wochen?|mal|check-?ins?) (?:in folge|hintereinander|nacheinander|am stuck)",
        "(?:deine|die|eure) (?:serie|strahne)",
        "tag (?:nr\\.? ?|nummer )\\d+|tag \\d+",
        "(?:rang|besten)listen?",
        "(?:sammel|sammle|sammelt|verdien|hol|gewinn)\\w* (?:dir |\\w+ )?"
        "(?:punkte?|abzeichen|medaillen?|pokale?|belohnung\\w*)",
    ),
    "checkins.refused.guilt": (
        "(?:wir|ich|alle) (?:haben? |hat )?(?:dich|euch) (?:\\w+ )?vermiss\\w+",
        "vermiss(?:e|en|t) (?:wir |ich )?(?:dich|euch)|du fehlst|ihr fehlt",
        "wo (?:warst|steckst|bleibst) du|wo (?:wart|steckt|bleibt) ihr",
        "(?:so |zu )?lange nicht(?:s)? (?:mehr )?(?:gesehen|gehort|gelesen|gemeldet|da)",
        "ewig nicht|schon (?:so )?lange her|lange nichts",
        rf"(?:hast|habt) (?:du|ihr) (?:\w+ )*(?:nicht|nie|nichts) (?:\w+ )*{_ANSWERED}",
        rf"(?:du|ihr) (?:hast|habt|bist) (?:\w+ )*(?:nicht|nie|nichts) (?:\w+ )*{_ANSWERED}",
        "wer (?:fehlt|hat (?:noch )?nicht|ist (?:noch )?nicht)",
        "wart(?:e|en|et) (?:\\w+ )*auf (?:dich|euch|deine|eure)",
        r"enttausch\w*|(?:uns|mich|alle) im stich",
        "(?:du hast|ihr habt) (?:uns )?(?:vergessen|versprochen|ignoriert)",
        "alle anderen (?:haben|sind)|(?:du schuldest|ihr schuldet)|das mindeste",
        "scham(?:e|t)? (?:dich|euch)",
        "(?:so|sehr|ziemlich|ganz schon|verdachtig) still (?:hier|geworden|bei|um)",
    ),
    "checkins.refused.pressure": (
        "verpflichtend|obligatorisch|(?:ist|eine) pflicht|pflichtfrage",
        "(?:alle|jeder|jede|ihr) (?:\\w+ )?(?:mussen|muss|musst|sollen|sollt|sollten)",
        "(?:keine|ohne) ausreden",
        "sei(?:d)? (?:nicht|kein\\w*) (?:so )?(?:schuchtern|still|feige|langweilig|frosch)",
        "sei(?:d)? (?:mal |bitte |ganz )?ehrlich|sag(?:t)? die wahrheit|die ganze wahrheit",
        "antworte(?:t)? (?:jetzt|sofort|schnell|bitte|alle|gleich|noch|bis)",
        "bitte (?:\\w+ )?antwort(?:e|et|en)",
        "(?:wir|ich) (?:erwarten?|will|wollen) (?:\\w+ )?(?:antwort\\w*|von (?:dir|euch|allen))",
        "(?:passen|auslassen|uberspringen) (?:gilt|geht|zahlt|ist) (?:hier )?nicht",
        "letzte chance|beeil\\w* (?:dich|euch)|wer traut sich|trau(?:t)? (?:dich|euch)",
    ),
    "checkins.refused.gaze": (
        "kameras?",
        "(?:blick|augen)kontakt|in die augen",
        f"{_YOUR} gesicht(?:er)?",
        "(?:foto|bild|video)(?:s|er)? von (?:dir|euch)",
        "video(?:anruf|chat|call)\\w*",
        "(?:schau|sieh|seht|guck)\\w* (?:mich|uns|einander|euch) an|einander an(?:schau|seh)\\w*",
        "zeig(?:t)? (?:uns |mir |mal )*(?:dich|euch|dein (?:zimmer|zuhause)|wo du wohnst)",
    ),
    "checkins.refused.wrong": (
        "was ist (?:denn (?:los|mit)|los mit|mit (?:dir|euch))",
        "(?:was|etwas) (?:stimmt|lauft|lief|ist|geht|ging)(?: \\w+)*? (?:nicht|falsch|schief)",
        "stimmt (?:etwas|was) nicht|schief ?(?:ge)?lauf\\w+|schief ?gegangen",
        f"was ist {_YOUR} problem|was (?:fehlt|fehlte) (?:dir|euch)",
        "was (?:bedruckt|belastet|qualt|bekummert|plagt|stort) (?:dich|euch)",
        r"was hast du(?: denn)?(?= ?(?:$|[?.!,]))",
    ),
    "checkins.refused.trauma": (
        r"missbrauch\w*|misshand\w+|vergewalt\w+|gewalt|gewalttat\w*|ubergriff\w*",
        r"mobbing|gemobbt|schikan\w+|albtraum\w*|alptraum\w*",
        "schlimmste[nmrs]?",
        rf"{_LOW} (?:zeit|tag|moment|erlebnis|stunde|erinnerung|jahr|phase|augenblick)\w*",
        f"das {_LOW}",
        r"(?:schlechte|schlimme|schmerzhafte|furchtbare|schreckliche)[nrs]? "
        r"(?:erinnerung|erfahrung|erlebnis|vergangenheit)\w*",
        "(?:dir|euch) (?:\\w+ )*(?:weh ?getan|weh ?tut|weh ?tat|angetan)",
        rf"{_YOUR} (?:vergangenheit|narben|wunden|damonen|schmerz\w*)",
        r"(?:grosste|tiefste)[nr]? (?:angst|angste|furcht)|macht (?:dir|euch) angst",
    ),
    "checkins.refused.loss": (
        r"verluste?s?",
        "(?:jemanden?|wen|einen menschen|ein haustier|etwas) (?:\\w+ )*verloren",
        r"trauer\w*|beerdigung\w*|begrabnis\w*|beisetzung\w*|verstorben\w*|gestorben",
        "sterben|stirbt|starb|(?:der|den|dem|vom) tod|todes\\w*|tod|toten?r",
        "witwe[nr]?|scheidung\\w*|geschieden|trennung(?:en)?|liebeskummer",
        "wen vermisst|vermisst du|(?:fehlt|fehlen) dir",
    ),
    "checkins.refused.harm": (
        r"suizid\w*|selbstmord\w*|selbst ?verletz\w*",
        "(?:dir|dich|sich) (?:\\w+ )*(?:umbring\\w*|umzubringen|verletz(?:en|t)|toten|ritzen"
        "|wehzutun|antun)",
        "umbringen|lebensmude|uberdos\\w*|das leben (?:zu )?nehmen",
        "nicht mehr (?:leben|da sein|hier sein)|sterben (?:will|mocht|woll)\\w*",
    ),
    "checkins.refused.family": (
        r"vater\w*|mutti|vati|(?:gross)?eltern\w*|grossmutter\w*|(?:stief|gross)vater\w*"
        r"|stiefmutter\w*",
        r"geschwister\w*|bruder\w*|schwester\w*|famili(?:e|en|ar)\w*",
        "kindheit\\w*|als kind|als du (?:noch )?(?:klein|jung|ein kind)",
        r"aufgewachsen|aufwachsen|erziehung|erzogen",
        f"{_YOUR} (?:mutter|mama|papa|oma|opa)",
    ),
    "checkins.refused.diagnosis": (
        r"symptomen?|storung(?:en)?|krankheit\w*|erkrank\w*|medikament\w*|tabletten|pillen",
        r"therapie\w*|therapeut\w*|psychiat\w*|psycholog\w*",
        "(?:bist|seid|fuhlst) (?:du|ihr)(?: dich)? (?:\\w+ )?(?:depressiv|angstlich|bipolar|manisch"
        "|autistisch|psychotisch|krank|verruckt|labil|stabil)",
        rf"(?:{_YOUR}|hast du|klingt nach|mit) (?:\w+ )?{_CONDITIONS}",
        rf"{_YOUR} (?:behandlung|arzt|arztin|angst|angste|panik\w*)",
        r"ruckfall\w*|klinik\w*|krankenhaus\w*",
    ),
    "checkins.refused.body": (
        r"abnehmen|abgenommen|zugenommen|kalorien|diaten|diat|wiegst|gewicht\w*",
        "(?:hast|habt) (?:du|ihr) (?:\\w+ )*(?:gegessen|geschlafen|geduscht|gefruhstuckt)",
        "was (?:isst|trinkst|esst|trinkt) (?:du|ihr)",
        "wie (?:lange|viel|gut|schlecht) (?:\\w+ )*(?:geschlafen|schlafst)|stunden schlaf",
        f"{_YOUR} (?:korper|figur|aussehen|appetit)|fitness\\w*|noch im bett",
    ),
    "checkins.refused.substances": (
        r"betrunken|biere?|wein|schnaps|nuchtern|drogen?|kiff\w*|kokain",
        r"rauch(?:st|en|t)|geraucht|zigaretten?|nikotin|suchtig\w*|suchtdruck|entzug",
        f"{_YOUR} sucht|(?:hast|habt) (?:du|ihr) (?:\\w+ )*getrunken",
    ),
    "checkins.refused.religion": (
        r"gott(?:es)?|gebete?n?|betest|beten|kirchen?|moscheen?|synagogen?|segen|gesegnet\w*",
        f"bibel|koran|{_YOUR} glauben?|glaubst du an|sunden?",
    ),
    "checkins.refused.money": (
        r"gehalt(?:s\w+)?|gehalter|lohne?|verdienst du|schulden|hypothek\w*|miete|armut",
        f"{_YOUR} (?:einkommen|konto|ersparnisse)|rechnungen (?:be)?zahlen",
        "wie ?viel (?:geld|verdien\\w*|kostet|gibst du aus)|dir (?:\\w+ )*leisten"
        "|bist du (?:arm|pleite)",
    ),
    "checkins.refused.presumes": (
        rf"wie {_FEELINGS} (?:bist|fuhlst|seid|war|warst)",
        rf"was macht (?:dich|euch) (?:\w+ )*{_FEELINGS}",
        r"wie (?:war|wars|war's|lief|lief's|ist|lauft|lauft's|geht es (?:in|auf|bei|mit)) "
        r"(?:\w+ )*(?:arbeit|job|schule|uni|buro|studium|unterricht|prufung\w*|klausur\w*)",
        rf"{_YOUR} (?:job|arbeit|chef|chefin|kolleg\w+|mann|frau|freund|freunde[ns]?|freundin\w*"
        r"|partner\w*|kind|kinder\w*|tochter|sohn|wohnung|haus|zuhause|auto|ehe"
        r"|beste\w* freund\w*)",
        "(?:warst|bist) du (?:\\w+ )*(?:draussen|rausgegangen|vor der tur)|das haus verlassen",
    ),
    "checkins.refused.advice": (
        "(?:du|ihr|man) soll(?:test|tet|te|st|t)|solltest du|solltet ihr",
        "(?:du|man) muss(?:t)?|ihr musst",
        "(?:ich|wir) (?:rate|raten|empfehle|empfehlen)|(?:mein|unser|ein) (?:rat|tipp)",
        "an deiner stelle|profi-?tipp",
        "hast du (?:\\w+ )*(?:versucht|probiert|ausprobiert|daran gedacht|uberlegt)",
        "(?:du konntest|ihr konntet) (?:doch|mal|einfach|auch|immer)",
        "bitte (?:atme|lachle|entspann)\\w*",
    ),
    "checkins.refused.promise": (
        "(?:alles|es|das|das leben) wird (?:\\w+ )*(?:gut|besser|leichter|schon|vorbei\\w*)",
        "wird schon(?: wieder)?|geht (?:\\w+ )?vorbei|wird vorbeigehen|(?:alles|es) wird",
        "(?:du wirst|ihr werdet) (?:\\w+ )*(?:gesund|besser|glucklich|schaffen|uberstehen|heilen"
        "|fuhlen)",
        "(?:ich verspreche|wir versprechen|versprochen)|garantiert",
        r"(?:wir|ich|jemand|hier) (?:sind|bin|ist) (?:\w+ )*immer (?:\w+ )*"
        "(?:da|hier|wach|jemand)",
        "immer (?:jemand|fur (?:dich|euch)) (?:\\w+ )*(?:da|hier|wach)|ist immer jemand",
        "(?:jemand|wir) (?:wird|werden) (?:\\w+ )*(?:antworten|helfen|zuhoren)",
        "(?:du bist|ihr seid) (?:(?:nie|niemals|nicht) allein|hier sicher)",
        "(?:bist du|seid ihr) sicher|zeit heilt|rund um die uhr",
        "alles (?:hat|passiert|geschieht) (?:\\w+ )*(?:sinn|grund)",
    ),
    "checkins.refused.cheering": (
        "(?:du|ihr) schaff(?:st|t) (?:das|es|alles)|stolz auf (?:dich|euch)|weiter so",
        "(?:gib|gebt|nie|niemals) (?:\\w+ )*auf(?:geben)?(?=\\s*(?:$|[.,!]))|gib nicht auf",
        "bleib(?:t)? (?:stark|positiv|dran|tapfer)|halte? durch|haltet durch",
        r"(?:du bist|ihr seid) (?:\w+ )?(?:toll|grossartig|stark|mutig|wunderbar|genug|unglaublich"
        r"|wertvoll|spitze|held\w*|kampfer\w*|kampfernatur\w*|ein star)",
        "(?:gut|super|toll) gemacht|glaub(?:e|t)? an (?:dich|euch)|nur mut|kopf hoch",
    ),
    "checkins.refused.time_of_day": (
        "guten (?:morgen|abend)|gute nacht|morgens|vormittags?|nachmittags?|abends|nachts",
        f"(?:heute|gestern) (?:fruh|mittag|{_HALF})",
        f"(?:am|diese[nmr]?|jede[nrm]?|der|den|die|letzten?|in der) {_HALF}",
        r"nacht|mitternacht|mittags?|fruhstuck\w*|(?:mittag|abend)essen|feierabend",
        r"vor dem (?:\w+)?(?:schlafen|bettgehen)|schlaf(?:t)? gut|su(?:ss|ess)e traume",
        r"aufwach\w*|aufgewacht|aufstehen|aufgestanden|sonnen(?:auf|unter)gang",
        r"(?:anfang|ende|beginn|start) des tages|(?:den|deinen|in den) tag (?:beginn|start)\w*",
        r"\d{1,2} uhr",
    ),
}
"""More patterns of a reason, looked for wherever they stand."""

FIRST: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.advice": (
        r"versuch(?:e|t)?(?: es)? (?:doch|mal|zu|mit|einmal)",
        r"probier(?:e|t)?(?: es)? (?:doch|mal|aus|einmal)",
        r"(?:denk(?:e|t)? (?:daran|dran|positiv)|vergiss(?:t)? nicht|vergesst nicht)",
        r"(?:achte(?:t)? (?:auf|darauf)|atme(?:t)?|entspann\w*|beruhig\w*|vermeide\w*)",
        r"(?:lass(?:t)? (?:es )?los|hor(?:t)? auf|trink(?:e|t)? (?:\w+ )*wasser)",
        r"(?:geh(?:e|t)? (?:raus|nach draussen|an die|spazieren)|gonn\w* (?:dir|euch))",
        r"sei(?:d)? (?:dankbar|stark|mutig|positiv|freundlich|nett|geduldig|lieb)",
        r"(?:mach(?:t)? (?:dir|euch) keine sorgen|pass(?:t)? (?:gut )?auf)",
        r"du brauchst (?:nur|bloss|mehr)",
    ),
    "checkins.refused.cheering": ("lachle", "auf geht's", "los geht's", "komm schon"),
}
"""More patterns of a reason, looked for where a sentence begins."""

ONLY: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.family": ("mutter|mama|papa|oma|opa",),
    "checkins.refused.loss": ("tote",),
}
"""Words that are harmless in another language, looked for in German alone."""
