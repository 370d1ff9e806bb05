"""What is stored that names a person or belongs to a server: shown, exported, erased, expired."""

from bot.privacy.model import Holding, Kind, Shown
from bot.privacy.service import Privacy

__all__ = ["Holding", "Kind", "Privacy", "Shown"]
