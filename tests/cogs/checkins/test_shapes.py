"""What the checker stops, with its reason, and what it lets through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.checkins.shapes import REASONS, TEXT_LIMIT, banned

REFUSED = [
    # reason, language, text
    ("why", "en", "Why are you quiet today?"),
    ("why", "en", "Tell us your mood and why."),
    ("why", "en", "How come nobody says hello?"),
    ("why", "en", "What is the reason for your mood?"),
    ("why", "en", "What made you feel that way?"),
    ("why", "es", "¿Por qué estás aquí?"),
    ("why", "es", "y por que no saludas"),
    ("why", "es", "¿Cuál es el motivo de tu ánimo?"),
    ("why", "es", "¿A qué se debe este silencio?"),
    ("scale", "en", "From 1 to 10, how is today?"),
    ("scale", "en", "How are you, 1-10?"),
    ("scale", "en", "How are you, 1–10?"),
    ("scale", "en", "One to five: how is your energy?"),
    ("scale", "en", "Where is your mood out of ten?"),
    ("scale", "en", "Today is a 7/10 for me. And for you?"),
    ("scale", "en", "Rate your day."),
    ("scale", "en", "What percentage of your battery is left?"),
    ("scale", "en", "How many bad days this week?"),
    ("scale", "en", "What number fits today?"),
    ("scale", "es", "Del 1 al 10, ¿cómo estás?"),
    ("scale", "es", "¿Cómo va el día de uno a diez?"),
    ("scale", "es", "Puntúa tu ánimo."),
    ("scale", "es", "¿Qué nota le das a hoy?"),
    ("scale", "es", "¿Cuántos días malos llevas?"),
    ("scale", "es", "Tu energía en una escala, por favor."),
    ("scale", "es", "¿Al 50 % o más?"),
    ("streak", "en", "Keep your streak alive with one word."),
    ("streak", "en", "Three check-ins in a row for you."),
    ("streak", "en", "Day 5: one word, please."),
    ("streak", "es", "No rompas la racha."),
    ("streak", "es", "Tres días seguidos contigo."),
    ("streak", "es", "Gana puntos con un saludo."),
    ("guilt", "en", "We missed you!"),
    ("guilt", "en", "You haven't checked in lately."),
    ("guilt", "en", "Where have you been?"),
    ("guilt", "en", "It's been a while. How are things?"),
    ("guilt", "en", "Everyone else has answered."),
    ("guilt", "en", "It is so quiet in here."),
    ("guilt", "en", "Don’t let us down."),
    ("guilt", "es", "Te echamos de menos."),
    ("guilt", "es", "Te extrañamos por aquí."),
    ("guilt", "es", "¿Dónde has estado?"),
    ("guilt", "es", "Hace tiempo que no escribes."),
    ("guilt", "es", "Todavía no has respondido."),
    ("guilt", "es", "¿Quién falta por saludar?"),
    ("pressure", "en", "Everyone must answer this one."),
    ("pressure", "en", "Answer now, a word is enough."),
    ("pressure", "en", "No excuses: one word each."),
    ("pressure", "en", "Don't be shy."),
    ("pressure", "es", "Esta pregunta es obligatoria."),
    ("pressure", "es", "Responde ya."),
    ("pressure", "es", "No seas tímida, di algo."),
    ("pressure", "es", "Sin excusas: una palabra."),
    ("gaze", "en", "Cameras on for a quick wave?"),
    ("gaze", "en", "Make eye contact with someone today."),
    ("gaze", "en", "Post a selfie as a hello."),
    ("gaze", "en", "Share a picture of you today."),
    ("gaze", "es", "Enciende la cámara y saluda."),
    ("gaze", "es", "Busca el contacto visual con alguien."),
    ("gaze", "es", "Sube una foto tuya."),
    ("gaze", "es", "¿Hacemos una videollamada?"),
    ("wrong", "en", "What is wrong today?"),
    ("wrong", "en", "What’s the matter?"),
    ("wrong", "es", "¿Qué te pasa hoy?"),
    ("wrong", "es", "¿Algo va mal?"),
    ("trauma", "en", "What is your biggest trauma?"),
    ("trauma", "en", "What is the worst thing about this week?"),
    ("trauma", "en", "Has someone ever hurt you?"),
    ("trauma", "en", "Tell us about the hardest time you have known."),
    ("trauma", "es", "¿Qué trauma cargas?"),
    ("trauma", "es", "¿Qué es lo peor de esta semana?"),
    ("trauma", "es", "¿Alguien te hizo daño?"),
    ("trauma", "es", "Cuéntanos tu momento más duro."),
    ("loss", "en", "Who have you lost?"),
    ("loss", "en", "How do you live with grief?"),
    ("loss", "en", "Is there someone you miss?"),
    ("loss", "es", "¿Has perdido a alguien?"),
    ("loss", "es", "¿Cómo llevas el duelo?"),
    ("loss", "es", "¿A quién echas de menos?"),
    ("harm", "en", "Do you think about self-harm?"),
    ("harm", "en", "Any suicidal thoughts today?"),
    ("harm", "es", "¿Piensas en hacerte daño?"),
    ("harm", "es", "¿Has pensado en el suicidio?"),
    ("family", "en", "How do you get on with your mother?"),
    ("family", "en", "What were you like as a child?"),
    ("family", "en", "Which song did your dad sing?"),
    ("family", "es", "¿Cómo te llevas con tu madre?"),
    ("family", "es", "¿Qué recuerdas de tu infancia?"),
    ("family", "es", "¿Cómo está la familia?"),
    ("diagnosis", "en", "What is your diagnosis?"),
    ("diagnosis", "en", "How is your anxiety today?"),
    ("diagnosis", "en", "Are you depressed?"),
    ("diagnosis", "en", "Which symptoms are loud today?"),
    ("diagnosis", "es", "¿Qué diagnóstico tienes?"),
    ("diagnosis", "es", "¿Cómo va tu ansiedad?"),
    ("diagnosis", "es", "¿Estás deprimido?"),
    ("diagnosis", "es", "¿Tomas medicación?"),
    ("body", "en", "Have you eaten today?"),
    ("body", "en", "How did you weigh in this week?"),
    ("body", "en", "How many hours of sleep did you get?"),
    ("body", "es", "¿Has comido hoy?"),
    ("body", "es", "¿Quieres perder peso?"),
    ("body", "es", "¿Cuántas horas de sueño?"),
    ("substances", "en", "Are you sober today?"),
    ("substances", "en", "Beer or wine?"),
    ("substances", "es", "¿Has bebido hoy?"),
    ("substances", "es", "¿Cerveza o vermú?"),
    ("religion", "en", "God bless, how are you?"),
    ("religion", "es", "Bendiciones para el día. ¿Cómo va?"),
    ("money", "en", "How much do you earn?"),
    ("money", "en", "Are you in debt?"),
    ("money", "es", "¿Cuánto ganas?"),
    ("money", "es", "¿Tienes deudas?"),
    ("presumes", "en", "How sad are you today?"),
    ("presumes", "en", "What is making you so angry?"),
    ("presumes", "en", "How was work?"),
    ("presumes", "en", "Say hello to your boyfriend from us."),
    ("presumes", "es", "¿Qué tan triste estás?"),
    ("presumes", "es", "¿Qué te tiene tan enfadada?"),
    ("presumes", "es", "¿Cómo te fue en el trabajo?"),
    ("presumes", "es", "¿Qué dice tu pareja?"),
    ("advice", "en", "You should rest more."),
    ("advice", "en", "Try to smile at someone."),
    ("advice", "en", "Have you tried yoga?"),
    ("advice", "en", "You need to let it go."),
    ("advice", "en", "Just breathe."),
    ("advice", "en", "Hello. Remember to drink water."),
    ("advice", "es", "Deberías descansar más."),
    ("advice", "es", "Tienes que salir de ahí."),
    ("advice", "es", "Hola. Recuerda beber agua."),
    ("advice", "es", "¿Has probado el yoga?"),
    ("advice", "es", "Respira hondo."),
    ("advice", "es", "Hola. Necesitas descansar."),
    ("promise", "en", "It will get better."),
    ("promise", "en", "Things get easier."),
    ("promise", "en", "You’ll be fine."),
    ("promise", "en", "Someone is always here."),
    ("promise", "en", "We are always listening."),
    ("promise", "es", "Todo va a salir bien."),
    ("promise", "es", "Ya pasará."),
    ("promise", "es", "Vas a estar bien."),
    ("promise", "es", "Siempre hay alguien aquí."),
    ("cheering", "en", "You got this!"),
    ("cheering", "en", "You are a warrior."),
    ("cheering", "en", "Never give up."),
    ("cheering", "es", "¡Tú puedes!"),
    ("cheering", "es", "Eres increíble."),
    ("cheering", "es", "¡Ánimo!"),
    ("cheering", "es", "No te rindas."),
    ("time_of_day", "en", "Good morning, how is today?"),
    ("time_of_day", "en", "What are you doing tonight?"),
    ("time_of_day", "en", "One word before bed?"),
    ("time_of_day", "en", "See you at 10:30."),
    ("time_of_day", "es", "Buenos días, ¿qué tal?"),
    ("time_of_day", "es", "Buenas noches a quien lea."),
    ("time_of_day", "es", "¿Qué harás esta tarde?"),
    ("time_of_day", "es", "Una palabra antes de dormir."),
    ("mention", "en", "Hello @everyone"),
    ("mention", "en", "Hello <@1234567890>, one word?"),
    ("mention", "es", "Hola \uff20everyone"),
    ("mention", "es", "Pasa por <#1234567890>."),
    ("link", "en", "More at https://example.org"),
    ("link", "en", "See [this](example)"),
    ("link", "es", "Entra en ejemplo.com y saluda"),
    ("format", "en", "# Hello"),
    ("format", "en", "Pick one\n- sun\n- rain"),
    ("format", "es", "> Hola a quien lea"),
    ("format", "es", "-# una palabra"),
    ("long", "en", "word " * 49),
    ("long", "es", "palabra " * 31),
    ("questions", "en", "How are you? And the day?"),
    ("questions", "es", "¿Qué tal? ¿Y el día?"),
    ("questions", "en", "How are you??"),
    ("shouting", "en", "HOW IS TODAY"),
    ("shouting", "en", "Hello!!"),
    ("shouting", "es", "¡Hola! ¡Aquí estamos!"),
    ("shouting", "es", "UNA PALABRA para hoy"),
    ("empty", "en", "..."),
    ("empty", "es", "¿?"),
    ("characters", "en", "Hello \u202eyadot si woh"),
    ("characters", "es", "Hola\u200b a quien lea"),
]

ACCEPTED = [
    ("en", "How is today?"),
    ("en", "What happened today, large or small?"),
    ("en", "Hello! What colour is today?"),
    ("en", "Say it in one to three words."),
    ("en", "One word for today. No need to say why."),
    ("en", "You do not have to answer. What is the weather in your head?"),
    ("en", "Without saying why: sun or rain?"),
    ("en", "There is no need to answer now, or ever."),
    ("en", "Nothing has to happen here today."),
    ("en", "What do you need today?"),
    ("en", "Is there something you need to say out loud?"),
    ("en", "What song would you pass on?"),
    ("en", "What made you laugh lately?"),
    ("en", "It has been a long week for the printer. What would you name it?"),
    ("en", "A film you haven't seen yet and would like to?"),
    ("en", "What is a word you never tire of?"),
    ("en", "**Sun** or *rain*?"),
    ("en", "Which ADHD life hack is your favourite?"),
    ("en", "Who looks after the plants of your imagination?"),
    ("en", "Everyone answers at their own pace. Or not at all."),
    ("en", "You can answer by emoji. What is today made of?"),
    ("en", "Is it a good day for tea, for noise or for neither?"),
    ("en", "Reading, drawing, gaming, napping: what appeals to you?"),
    ("es", "¿Cómo va hoy?"),
    ("es", "¿Qué ha pasado hoy, grande o pequeño?"),
    ("es", "¡Hola! ¿De qué color es hoy?"),
    ("es", "Una palabra para hoy, sin explicar por qué."),
    ("es", "No hace falta decir por qué. ¿Sol o lluvia?"),
    ("es", "No tienes que contestar. ¿Qué tiempo hace en tu cabeza?"),
    ("es", "¿Qué necesitas hoy?"),
    ("es", "Escribe de una a tres palabras, o ninguna."),
    ("es", "¿Qué harías mañana si fuera fiesta?"),
    ("es", "Sin prisa y sin respuesta correcta: ¿qué suena bien?"),
    ("es", "Dad un nombre a la impresora nueva."),
    ("es", "¿Qué te vino a la mente hoy?"),
    ("es", "Si se puede elegir, ¿mar o montaña?"),
    ("es", "Tú puedes elegir: ¿hablar o escuchar?"),
    ("es", "Escribe una o dos oraciones sobre un objeto."),
    ("es", "Estamos aquí porque apetece. ¿Qué te apetece?"),
    ("es", "¿Qué papa prefieres, frita o asada?"),
    ("es", "¿Qué haces cuando necesitas parar?"),
    ("es", "¿Qué te hace sentir en calma?"),
    ("es", "¿Qué podemos mejorar en este servidor?"),
    ("es", "¿Quieres que te escuchen o que te distraigan?"),
    ("en", "What makes you feel at ease?"),
    ("en", "What keeps you going?"),
    ("en", "What can we do better here?"),
    ("en", "What are you looking forward to?"),
    ("en", "What is a boundary you are happy with?"),
]


def test_a_banned_shape_is_refused_with_its_reason() -> None:
    assert [
        (reason, text)
        for reason, language, text in REFUSED
        if f"checkins.refused.{reason}" not in banned(text, language)
    ] == []


@pytest.mark.parametrize("locale", ["en", "es", "fr"])
def test_a_shape_is_found_whatever_language_the_server_is_set_to(locale: str) -> None:
    assert [
        (reason, text)
        for reason, _, text in REFUSED
        if "dad" not in text and f"checkins.refused.{reason}" not in banned(text, locale)
    ] == []


def test_a_kind_prompt_passes() -> None:
    refused = {text: banned(text, language) for language, text in ACCEPTED}
    assert {text: reasons for text, reasons in refused.items() if reasons} == {}


def test_every_reason_has_an_example_in_both_languages() -> None:
    shown = {(reason, language) for reason, language, _ in REFUSED}
    for reason in REASONS:
        for language in ("en", "es"):
            assert (reason.removeprefix("checkins.refused."), language) in shown


@pytest.mark.parametrize(
    "text",
    [
        "WHY is it quiet?",
        "**Why** is it quiet?",
        "_Why_ is it quiet?",
        "\uff57\uff48\uff59 is it quiet?",
        "W\u200dhy is it quiet?",
        "¿Por\u00a0qué hay silencio?",
        "¿Por  que hay silencio?",
    ],
)
def test_dressing_a_shape_up_does_not_hide_it(text: str) -> None:
    assert "checkins.refused.why" in banned(text, "en")


def test_all_reasons_are_told_at_once_and_in_order() -> None:
    told = banned("Why are you sad, @all? Rate your day!!", "en")
    assert told == (
        "checkins.refused.mention",
        "checkins.refused.shouting",
        "checkins.refused.why",
        "checkins.refused.scale",
    )


def test_a_let_off_does_not_open_the_door_to_a_topic() -> None:
    assert banned("No need to talk about your trauma.", "en") == ("checkins.refused.trauma",)


def test_a_word_that_is_harmless_elsewhere_is_refused_only_in_its_own_language() -> None:
    assert banned("Dad un abrazo a la planta.", "es-419") == ()
    assert banned("Dad jokes, anyone?", "en-US") == ("checkins.refused.family",)


def test_the_limit_is_two_hundred_and_forty_characters() -> None:
    assert TEXT_LIMIT == 240
    assert banned("a" * 240, "en") == ()
    assert banned("a" * 241, "en") == ("checkins.refused.long",)


@given(st.text(max_size=300), st.sampled_from(["en", "es", "es-419", "de", ""]))
def test_any_text_is_judged_with_known_reasons(text: str, locale: str) -> None:
    told = banned(text, locale)
    assert [reason for reason in REASONS if reason in told] == list(told)


def test_reasons_are_text_keys() -> None:
    assert len(set(REASONS)) == len(REASONS)
    assert all(re.fullmatch(r"checkins\.refused\.[a-z_]+", reason) for reason in REASONS)
