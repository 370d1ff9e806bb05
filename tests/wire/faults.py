"""What goes wrong on the way to Discord, and back: chosen once, replayable by its seed."""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Faults:
    """How likely each fault is, from 0 to 1, at each request or event of its kind."""

    seed: int = 0
    limited: float = 0.0
    """429 for one route: nothing was done."""
    limited_everywhere: float = 0.0
    """429 for the whole bot: nothing was done, and nothing will be for `limited_seconds`."""
    limited_seconds: float = 0.3
    broken: float = 0.0
    """500: nothing was done."""
    bad_gateway: float = 0.0
    """502: nothing was done."""
    bad_gateway_after: float = 0.0
    """502 although it was done."""
    lost_requests: float = 0.0
    """The connection closes before anything was done."""
    lost_replies: float = 0.0
    """It was done, and the connection closes without an answer."""
    slow: float = 0.0
    """It is done at once, and answered after `slow_seconds`."""
    slow_seconds: float = 1.5
    delay_seconds: tuple[float, float] = (0.0, 0.0)
    """Every request takes a moment between these on its way there, and again on its way back."""
    dropped_sockets: float = 0.0
    """At an event, the gateway's socket is cut without a word; the session can be resumed."""
    reconnects: float = 0.0
    """At an event, the gateway asks the bot to reconnect."""
    invalid_sessions: float = 0.0
    """At RESUME, the session is no longer known."""


NONE = Faults()

ROUGH = Faults(
    limited=0.03,
    limited_everywhere=0.003,
    broken=0.02,
    bad_gateway=0.02,
    bad_gateway_after=0.02,
    lost_requests=0.02,
    lost_replies=0.03,
    slow=0.02,
    delay_seconds=(0.002, 0.03),
    dropped_sockets=0.02,
    reconnects=0.02,
    invalid_sessions=0.2,
)
"""A bad day."""

CALM = Faults(delay_seconds=(0.002, 0.03))
"""A good day: nothing goes wrong, and everything takes its moment on the wire."""


class Fault(enum.Enum):
    """One thing that goes wrong with one request."""

    LIMITED = "limited"
    LIMITED_EVERYWHERE = "limited_everywhere"
    BROKEN = "broken"
    BAD_GATEWAY = "bad_gateway"
    BAD_GATEWAY_AFTER = "bad_gateway_after"
    LOST_REQUEST = "lost_requests"
    LOST_REPLY = "lost_replies"
    SLOW = "slow"


@dataclass(slots=True)
class Chance:
    """Draws faults. The same seed and the same order of requests give the same faults."""

    faults: Faults
    dice: random.Random = field(init=False)
    queued: dict[tuple[str, str], list[Fault]] = field(
        default_factory=dict[tuple[str, str], list[Fault]]
    )
    drawn: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.dice = random.Random(self.faults.seed)  # noqa: S311 - replayable, not secret

    def next_for(self, method: str, ending: str, *faults: Fault) -> None:
        """Let these befall the next requests whose path ends so, one each, before any drawn."""
        self.queued.setdefault((method, ending), []).extend(faults)

    def draw(self, method: str, path: str) -> Fault | None:
        """What befalls this request."""
        fault = self._queued(method, path) or self._drawn()
        if fault is not None:
            self.drawn[fault.value] = self.drawn.get(fault.value, 0) + 1
        return fault

    def happens(self, name: str, likely: float) -> bool:
        """Whether a fault of the gateway happens now."""
        if self.dice.random() >= likely:
            return False
        self.drawn[name] = self.drawn.get(name, 0) + 1
        return True

    def moment(self) -> float:
        """How many seconds a request takes one way."""
        return self.dice.uniform(*self.faults.delay_seconds)

    def _queued(self, method: str, path: str) -> Fault | None:
        for (wanted, ending), faults in self.queued.items():
            if faults and method == wanted and path.endswith(ending):
                return faults.pop(0)
        return None

    def _drawn(self) -> Fault | None:
        at = self.dice.random()
        for fault in Fault:
            at -= getattr(self.faults, fault.value)
            if at < 0:
                return fault
        return None
