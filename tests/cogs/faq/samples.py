"""A small FAQ of two languages, and what a moderator may type."""

from __future__ import annotations

from cogs.faq.model import Entry, Source, Typed

LONG = "This is what the answer says, in a sentence or two that a phone can show."


def entry(
    entry_id: str,
    question: str,
    *,
    language: str = "en",
    topic: str = "basics",
    related: tuple[str, ...] = (),
) -> Entry:
    words = question.lower().rstrip("?")
    return Entry(
        id=entry_id,
        topic=topic,
        question=question,
        answer=f"{question} {LONG}",
        phrasings=(words, f"tell me {words}", f"please, {words}"),
        tags=("tag",),
        related=related,
        sources=(Source("A book", "https://example.org/book"),),
        language=language,
    )


SHIPPED = {
    "en": (
        entry("umbrella", "Where do I leave my umbrella?", related=("kettle",)),
        entry("kettle", "Who fills the kettle?", topic="groups"),
        entry("bicycle", "Can I bring a bicycle?", topic="work"),
    ),
    "es": (
        entry("umbrella", "¿Dónde dejo el paraguas?", language="es", related=("kettle",)),
        entry("kettle", "¿Quién llena la tetera?", language="es", topic="groups"),
    ),
}

TYPED = Typed(
    question="When does the choir meet?",
    answer="The choir meets on Thursdays at six in the big room. Everybody may come and listen.",
    phrasings="choir practice\nwhat day is singing\nwhen do we sing",
    topic="groups",
    source="The choir's page https://example.org/choir",
)
