"""What the texts of the FAQ mean: read by an encoder once each, off the event loop, and kept."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from bot import logs, memory
from bot.content import DATA
from bot.database import StoreError
from cogs.faq import meanings_store as store
from cogs.faq.search import Document, NoEncoderError, Understanding, texts_of
from cogs.faq.search.wording import plain

if TYPE_CHECKING:
    from bot.database import Database
    from cogs.faq.search.encoder import Encoder
    from cogs.faq.search.lexical import Floats

_log = logs.get(__name__)

VOCABULARY = DATA / "encoder" / "minilm.txt"

AT_ONCE = 32
"""Texts encoded before another thing may be done: some 150 ms of a worker thread."""

Load = Callable[[], "Encoder"]
Tier = Literal["auto", "semantic", "lexical"]


def load() -> Encoder:
    """Load the encoder that is installed; raises NoEncoderError."""
    # Here, not above: it brings numpy along, and the bot starts without a question.
    from cogs.faq.search.encoder import load_encoder

    return load_encoder(VOCABULARY)


class Meanings:
    """Gives what entries mean, or None where only their words count.

    Without an encoder that is said in the log once. Vectors are kept by the hash of their text, so
    that a changed entry costs its own texts only; a server's own go with the server.
    """

    def __init__(
        self,
        shipped: Collection[Document],
        database: Database,
        tier: Tier = "auto",
        load: Load = load,
    ) -> None:
        self._shipped = shipped
        """What ships, in every language: its vectors outlive a server's."""
        self._database = database
        self._tier = tier
        self._load = load
        self._encoder: Encoder | None = None
        self._turn = asyncio.Lock()
        self._waking: asyncio.Task[None] | None = None

    @property
    def wanted(self) -> bool:
        """Whether meaning may still come to count here."""
        return self._tier != "lexical"

    async def of(
        self, server_id: int | None, documents: Sequence[Document], own: Sequence[Document]
    ) -> Understanding | None:
        """Give what entries mean, the server's `own` among them; takes seconds the first time.

        None where there is no encoder, and while the store fails.
        """
        if not self.wanted:
            return None
        # One after the other: the machine has other things to do than to encode.
        async with self._turn:
            encoder = await self._loaded()
            if encoder is None:
                return None
            try:
                return await self._read(encoder, server_id, documents, own)
            except StoreError as error:
                _log.warning("faq_vectors_unreachable", error=logs.describe(error))
                return None

    async def read(self, texts: Sequence[str]) -> list[Floats] | None:
        """Give what texts mean, without keeping it: vectors of length 1.

        None where there is no encoder, or none yet: then it is loaded for the next time.
        """
        encoder = self._encoder
        if encoder is None:
            if self.wanted and self._waking is None:
                self._waking = asyncio.create_task(self._wake(), name="faq encoder")
            return None
        found: list[Floats] = []
        for at in range(0, len(texts), AT_ONCE):
            some = [plain(text) for text in texts[at : at + AT_ONCE]]
            found.extend(await asyncio.to_thread(encoder.encode, some))
        return found

    async def _wake(self) -> None:
        async with self._turn:
            await self._loaded()

    async def _loaded(self) -> Encoder | None:
        if self._encoder is None and self.wanted:
            try:
                self._encoder = await asyncio.to_thread(self._load)
            except NoEncoderError as error:
                tell = _log.warning if self._tier == "semantic" else _log.info
                tell("faq_search_by_words", reason=str(error))
                self._tier = "lexical"
            else:
                await asyncio.to_thread(memory.give_back)
        return self._encoder

    async def _read(
        self,
        encoder: Encoder,
        server_id: int | None,
        documents: Sequence[Document],
        own: Sequence[Document],
    ) -> Understanding:
        # Of all languages that takes a tenth of a second.
        texts, own_texts = await asyncio.to_thread(lambda: (_hashed(documents), _hashed(own)))
        async with self._database.read() as read:
            known = await store.shipped(read, encoder.name)
            kept = await store.of_server(read, server_id or 0, encoder.name)
        lacking = [text for text, name in texts.items() if name not in known and name not in kept]
        made: dict[str, bytes] = {}
        for at in range(0, len(lacking), AT_ONCE):
            some = lacking[at : at + AT_ONCE]
            vectors = await asyncio.to_thread(_encode, encoder, some)
            made |= {texts[text]: vector for text, vector in zip(some, vectors, strict=True)}
        shipping: set[str] = set()
        if made:
            shipping.update((await asyncio.to_thread(_hashed, self._shipped)).values())
            await self._keep_shipped(encoder, shipping, _only(made, shipping))
        if server_id is not None:
            used = set(own_texts.values())
            await self._keep_of_server(encoder, server_id, used, kept, _only(made, used - shipping))
        found = await asyncio.to_thread(_vectors, texts, {**known, **kept}, made)
        return Understanding(encoder, found)

    async def _keep_shipped(
        self, encoder: Encoder, shipping: set[str], made: store.Vectors
    ) -> None:
        if made:
            async with self._database.transaction() as tx:
                await store.drop_shipped(tx, encoder.name, shipping)
                await store.keep_shipped(tx, encoder.name, made)

    async def _keep_of_server(
        self,
        encoder: Encoder,
        server_id: int,
        used: set[str],
        kept: store.Kept,
        made: store.Vectors,
    ) -> None:
        if made or kept.keys() - used:
            async with self._database.transaction() as tx:
                await store.drop_of_server(tx, server_id, encoder.name, used)
                await store.keep_of_server(tx, server_id, encoder.name, made)


def _only(made: store.Vectors, names: set[str]) -> store.Vectors:
    return {name: vector for name, vector in made.items() if name in names}


def _hashed(documents: Collection[Document]) -> dict[str, str]:
    return {text: sha256(text.encode()).hexdigest() for text in texts_of(documents)}


def _vectors(texts: dict[str, str], kept: store.Kept, made: store.Vectors) -> dict[str, bytes]:
    return {
        text: made[name] if name in made else b64decode(kept[name]) for text, name in texts.items()
    }


def _encode(encoder: Encoder, texts: Sequence[str]) -> list[bytes]:
    from cogs.faq.search.encoder import pack

    return pack(encoder.encode(texts))
