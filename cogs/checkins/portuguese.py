"""The shapes a prompt never has, as they are said in Portuguese (see cogs.checkins.shapes).

Patterns over folded text: small letters, no accents, straight quotes and hyphens.
"""

from __future__ import annotations

from collections.abc import Mapping

_FEELINGS = (
    r"(?:trist\w+|ansios[oa]s?|deprimid[oa]s?|sozinh[oa]s?|irritad[oa]s?|estressad[oa]s?"
    r"|cansad[oa]s?|exaust[oa]s?|felize?s?|mal|assustad[oa]s?|preocupad[oa]s?|culpad[oa]s?"
    r"|nervos[oa]s?|angustiad[oa]s?|desanimad[oa]s?)"
)
_CONDITIONS = (
    "(?:depressao|ansiedade|bipolaridade|tdah|toc|tept|autismo|psicose|anorexia|bulimia|burnout)"
)
_LOW = r"(?:dur[oa]s?|dificil|dificeis|dolor\w+|trist\w+|sombri[oa]s?|terrive(?:l|is)|pesad[oa]s?)"
_UP_TO = "(?:3|4|5|6|7|10|20|100|tres|quatro|cinco|seis|sete|dez|vinte|cem)"
_COUNTED = "(?: (?:palavras?|frases?|linhas?|minutos?|coisas?|pessoas?|emojis?))"
_DONE = r"(?:respond\w+|escrev\w+|falou|disse|apareceu|participou|veio|postou|contou)"
_THEIRS = "(?:seu|sua|seus|suas|teu|tua|teus|tuas)"

LET_OFF = (
    r"(?:nao|nem) (?:e preciso|e necessario|precisa\w*|tem que|tem de)|(?:ninguem|nada) precisa"
    r"|ninguem tem que|sem (?:precisar|ter que|dizer|explicar|contar)"
)
"""What sounds like a demand and takes one away: “não precisa dizer por quê”."""

ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.why": (
        "o porque|porque (?=nao|voce|esta)",
        "por qua(?:l|is) (?:motivos?|raz(?:ao|oes))",
        r"qua(?:l|is) (?:e|foi|era|sao|foram) (?:o|a|os|as) (?:seus? |suas? )?"
        r"(?:motivos?|raz(?:ao|oes)|causas?)",
        r"o que (?:levou|leva|fez|faz) voce (?:a )?(?:pensar|achar|crer|agir|vir|entrar|sair"
        r"|decidir|se sentir assim)",
        "a que se deve (?:esse|este|o|a)",
    ),
    "checkins.refused.scale": (
        rf"(?:de|entre) (?:0|1|zero|um) (?:a|e) {_UP_TO}(?!{_COUNTED})",
        "(?:em|numa) (?:uma )?escala|escala de",
        "(?:que|qual) (?:a |e a )?(?:nota|porcentagem)|uma nota (?:de|para|pra|ao?)",
        "(?:avalie|pontue|classifique) (?:o |a )?(?:seu|sua|hoje|dia|humor|como)",
        "(?<!uns )(?<!umas )quant[oa]s",
        "por ?cento|porcentagem",
        "com que frequencia",
    ),
    "checkins.refused.streak": (
        r"(?:dias|semanas|vezes) (?:seguid|consecutiv)[oa]s",
        "(?:sua|quebre a|quebrar a|perca a) (?:sequencia|ofensiva)|sequencia de dias",
        r"(?:ganhe|ganha|some|junte|acumule) (?:\w+ )?(?:pontos?|medalhas?|premios?)",
        "sub(?:a|ir|iu) de nivel|placar",
    ),
    "checkins.refused.guilt": (
        rf"(?:sentimos|senti|sinto|sentem|sente|fez|faz|fazendo) (?:\w+ )?(?:{_THEIRS} )?falta",
        "saudades? (?:de voces?|suas?)",
        "(?:por )?onde (?:voces? )?(?:andou|andava|andavam|esteve|estava|estavam|se meteu|sumiu)",
        "(?:quanto|tanto|ha quanto) tempo(?: sem| que)?(?= voce|[!?.]| falar| ver)",
        "faz (?:\\w+ )*(?:tempo|dias|semanas) que (?:voce )?nao",
        rf"voce (?:ainda )?(?:nao|nunca) (?:nos |me )?{_DONE}|ainda nao {_DONE}",
        "voce (?:sumiu|desapareceu|esqueceu|prometeu|abandonou|deve isso)",
        r"decepcion\w+|desapont\w+",
        r"(?:estamos|seguimos|ficamos) (?:\w+ )?(?:te )?esperando",
        "todo mundo ja|todos ja (?:responderam|falaram)|so falta voce",
        f"quem (?:falta|ainda nao|nao {_DONE})",
        "o minimo que|que vergonha",
        r"(?:voce )?(?:ta|esta|anda|estao) (?:muito |tao )(?:calad|quiet)\w+",
    ),
    "checkins.refused.pressure": (
        r"obrigatori\w+",
        "(?:sem|nada de|nao ha) desculpas?",
        r"nao (?:seja|sejam|fique|fiquem) (?:tao |com )?(?:timid|calad|quiet|envergonhad|vergonha)"
        r"\w*",
        r"(?:seja|sejam) (?:sincer|honest)\w+|diga a verdade|toda a verdade",
        "(?:responda|respondam|responde) (?:ja|agora|todos|todo mundo|rapido|logo|por favor|antes)",
        r"por favor,? respond\w+",
        "(?:todo mundo|cada um|todos) (?:tem que|deve|devem|precisa|precisam)",
        r"(?:quero|queremos|espero|esperamos) (?:\w+ )?(?:respostas?|ouvir (?:todos|todo))",
        "(?:nao vale|nao pode|proibido|sem) (?:passar|pular)",
        "ultima chance|anda logo|quem (?:tem coragem|vai ser o primeiro|comeca)",
    ),
    "checkins.refused.gaze": (
        "contato visual|nos olhos",
        "(?:seu|teu|o|seus) olhar(?:es)?|(?:seu|seus) rostos?|sua cara",
        "fotos? (?:sua|suas|de voce)|video ?chamadas?|chamadas? de video",
        "olhe (?:para|pra) (?:mim|nos)|(?:mostre|mostra)(?:-se| (?:o )?seu| (?:a )?sua| onde)",
    ),
    "checkins.refused.wrong": (
        "(?:o que|algo|alguma coisa) (?:ha|tem|deu|houve|esta|vai)(?: de)? (?:errado|mal)",
        "o que (?:ha|aconteceu|tem|houve) com voce",
        "qual (?:e )?(?:o )?(?:seu )?problema",
        "o que (?:esta )?(?:afligindo|preocupando|incomodando|aflige|preocupa|incomoda) voce",
        "o que (?:te|lhe) (?:aflige|preocupa|incomoda)",
    ),
    "checkins.refused.trauma": (
        r"abus(?:o|os|ou|aram|ad[oa]s?|ador\w*)|agress\w+|estupr\w+|assedi\w+|maus[ -]tratos",
        "violenci\\w+|pesadelos?",
        "o pior|(?:a|os|as|seu|sua|seus|suas|teu) pior(?:es)?",
        rf"(?:coisas?|momentos?|dias?|lembrancas?|memorias?|experiencias?|fases?|epocas?|anos?)"
        rf" mais {_LOW}",
        "(?:machucou|machucaram|magoou|magoaram|feriu|feriram) voce|(?:te|lhe) (?:machuc|mago)\\w+",
        "(?:fez|fizeram) mal a voce",
        r"seu passado|suas? (?:feridas?|cicatriz(?:es)?|dor|dores)|seus? (?:demonios|gatilhos?)",
        "(?:maior|maiores|seu|seus|piores) medos?",
    ),
    "checkins.refused.loss": (
        "(?:sua|suas|uma|alguma) perdas?|(?:quem|o que) voce (?:ja )?perdeu",
        "(?:voce )?(?:ja )?perdeu (?:alguem|um|uma|seu|sua)|perder (?:alguem|um ente|seu|sua)",
        r"luto|velorios?|enterros?|funera(?:l|is)|falec\w+",
        "mort[eoa]s?|morrer\\w*|morreu|morreram|morrendo",
        "(?:de quem|do que) voce sente|sente (?:mais )?(?:falta|saudades?) de",
        "nao esta(?:o)? mais (?:aqui|entre nos)|quem ja se foi",
        r"divorci\w+|termino de namoro|viuv\w+",
    ),
    "checkins.refused.harm": (
        r"se (?:matar|machucar|cortar|ferir)|tirar a (?:propria |sua )?vida|autoles\w+",
        r"automutil\w+",
        "acabar com tudo|vontade de (?:morrer|viver)|nao (?:quer|queria) (?:mais )?viver",
    ),
    "checkins.refused.family": (
        r"(?:sua|tua|a|uma|com a) mae|(?:seu|teu|um|com o) pai|(?:seus|os seus|teus) pais"
        r"|mamae|papai",
        "(?:seus?|suas?) (?:avos?|irma[os]?|irmaos|tias?|tios?)|padrasto|madrasta",
        r"familia\w*|familiares|infancia",
        r"quando (?:voce )?era (?:\w+ )?(?:crianca|pequen\w+|menin\w+|jovem|nov[oa])",
        "onde (?:voce )?cresceu|criaram voce|sua criacao",
    ),
    "checkins.refused.diagnosis": (
        r"transtornos?|doencas?|remedios?|medicac\w+|medicament\w+|internac\w+|internad[oa]s?",
        r"(?:esta|e|anda|sente|voce e) (?:\w+ )?(?:deprimid|depressiv|ansios|bipolar|autist|doente"
        r"|instavel|borderline)\w*",
        rf"(?:sua|seu|tem|parece|com) (?:\w+ )?{_CONDITIONS}",
        "(?:seu|sua) (?:tratamento|medic[oa]|psicolog[oa]|psiquiatra|condicao)",
    ),
    "checkins.refused.body": (
        "(?:perder|ganhar|baixar|perdeu|ganhou) peso|seu peso|voce pesa|emagrec\\w+|engord\\w+",
        "(?:voce )?(?:ja )?(?:comeu|jantou|almocou|dormiu|tomou banho|se hidratou)",
        "(?:o que|quanto|como) voce (?:come|bebe|dorme)|horas de sono|ainda na cama",
        "(?:seu|teu) (?:corpo|apetite)|sua aparencia",
    ),
    "checkins.refused.substances": (
        r"alcool\w*|bebad\w+|cervejas?|vinhos?|cachaca|maconha|cocaina|drog(?:a|as|ad[oa]s?|ar)",
        r"fum(?:ou|ando|ei)|cigarr\w+|viciad\w+|voce bebeu|sobri[oa]s?|sobriedade",
    ),
    "checkins.refused.religion": (
        r"deus|rez(?:e|em|ou|aram)|orac(?:ao|oes)|igrejas?|sinagogas?|bencaos?|abencoad\w+",
        "(?:sua|tua|ter) fe|gracas a deus",
    ),
    "checkins.refused.money": (
        "quanto (?:voce )?(?:ganha|recebe|gasta|paga|deve)|(?:seu|quanto|falta) dinheiro",
        "(?:seu|teu) aluguel|suas? (?:contas?|economias|renda)|pobreza|fim do mes|endividad\\w+",
    ),
    "checkins.refused.presumes": (
        rf"(?:quao|o quanto) (?:voce esta )?{_FEELINGS}",
        rf"o que (?:te )?(?:deixa|deixou|faz|esta deixando) (?:voce )?(?:se sentir )?(?:tao )?"
        rf"{_FEELINGS}",
        r"como (?:foi|esta|vai|anda|estava) (?:o |a |seu |sua |no |na |de )?(?:trabalho|escola"
        r"|faculdade|emprego|aulas?|escritorio|servico|colegio)",
        r"seu (?:trabalho|emprego|chefe|namorado|marido|parceiro|filho|carro|melhor amigo)",
        r"sua (?:chefe|namorada|esposa|mulher|parceira|filha|casa|melhor amiga)",
        "(?:seus|suas) (?:filh[oa]s|amig[oa]s|amizades|colegas|chefes)",
        "(?:ja )?saiu (?:de casa|hoje)",
    ),
    "checkins.refused.advice": (
        r"(?<!que )voces? (?:precisa|precisam|tem que|tem de) \w+(?:ar|er|ir)",
        "(?:voces? )?(?:deveria|deveriam|devia)|voces? deve[m]?",
        r"recomend(?:o|amos)|aconselh(?:o|amos)|sugir(?:o|am)|sugerimos|(?:meu|nosso) conselho",
        "(?:ja|voce) (?:tentou|experimentou|pensou em|considerou)|se eu fosse voce|no seu lugar",
        "que tal (?:tentar|respirar|sair|descansar|fazer)|e preciso \\w+(?:ar|er|ir)",
    ),
    "checkins.refused.promise": (
        "vai (?:dar certo|ficar (?:tudo )?bem|passar|melhorar)",
        r"tudo (?:vai|ira|se|dara|passa|ficara) ?(?:\w+ )?(?:bem|certo|resolve\w*|passar)?"
        r"(?=\s*(?:$|[.,!?]))",
        "(?:isso|isto) (?:tambem )?(?:vai passar|passa|passara)",
        r"voce vai (?:\w+ )?(?:ficar bem|melhorar|superar|conseguir|sair dessa|se sentir melhor)",
        "(?:prometo|prometemos|garanto|garantimos)",
        "sempre (?:estamos|estaremos|estou|tem alguem|ha alguem|havera alguem)|estamos sempre",
        "alguem (?:sempre )?vai (?:te )?(?:responder|ouvir|ajudar|escutar|ler)",
        "voce nunca esta so(?:zinh[oa])?|voce nao esta so(?:zinh[oa])?|aqui voce esta segur[oa]",
        "o tempo cura|dias melhores|nada (?:e|acontece) por acaso",
    ),
    "checkins.refused.cheering": (
        r"voce (?:consegue|pode tudo|arrasa|arrasou)(?=\s*(?:$|[.,!]))",
        r"voce e (?:\w+ )?(?:incrivel|forte|guerreir\w+|maravilhos\w+|demais|capaz|suficiente"
        r"|especial|campe\w+|corajos\w+|um[a]? (?:guerr|estrela|inspir)\w*)",
        "(?:nao|nunca) desist\\w+|boas (?:vibracoes|vibes|energias)|acredite em (?:voce|si)",
        r"orgulh\w+ de voces?|mandou bem|parabens|continue assim|bola pra frente|tamo junto",
        "levante? a cabeca|vai com tudo|bom trabalho",
    ),
    "checkins.refused.time_of_day": (
        "bom dia|boa (?:tarde|noite)",
        "manhas?|noites?|madrugadas?|hoje a tarde|(?:esta|essa|da) tarde",
        "meio[- ]dia|antes de (?:dormir|deitar)|hora de dormir|cafe da manha|ao acordar|acordou",
        "durma bem|bons sonhos|(?:fim|final|comeco|inicio) do dia|amanhecer|anoitecer",
        "por do sol|nascer do sol",
    ),
}
"""What each reason finds, whatever the language a prompt is written for."""

FIRST: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.advice": (
        r"lembre(?:-se)? (?:de|que)|procure (?:\w+(?:ar|er|ir)|ajuda)|respire|acalme(?:-se)?",
        "cuide(?:-se)?(?: de voce)?|beba (?:\\w+ )*agua|saia (?:de|um pouco|para|pra)",
        "nao (?:se preocupe|chore|fique|se esqueca|esqueca)|pare de|foque|pense positiv\\w+",
        "faca (?:exercicio|esporte|uma pausa)|descanse|durma|deixe (?:de|para la)",
        r"seja (?:forte|positiv|grat|gentil|corajos|pacient)\w*|precisa \w+(?:ar|er|ir)",
    ),
    "checkins.refused.cheering": (
        r"sorria|forca(?=\s*(?:$|[.,!]))|vamos la|animo(?=\s*(?:$|[.,!]))|anime-se",
    ),
}
"""What each reason finds where a sentence begins."""

ONLY: Mapping[str, tuple[str, ...]] = {
    "checkins.refused.advice": ("^(?:tente|relaxe|evite)|(?<=[.!?:,] )(?:tente|relaxe|evite)",),
    "checkins.refused.body": ("academia",),
    "checkins.refused.money": ("dividas",),
    "checkins.refused.substances": ("drinks?", "vicios?"),
    "checkins.refused.time_of_day": ("(?:a|de) tarde",),
}
"""What is harmless in another language (`tente` is a tent in French) waits for Portuguese."""
