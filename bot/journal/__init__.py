"""What a restore must not undo: who erased, withdrew, left or blocked since the backup.

The journal is an encrypted file of its own beside the store, never part of a backup. What a
transaction gives to `record` is written into it before the commit of the change, and on the disk
before that. So an entry is there whenever the change is; where the process dies in between there is
an entry without its change, and replaying that still does only what the person asked for.
Replaying an entry twice does what replaying it once does.

A restore replays, oldest first, what was written since the moment of the backup, and for
`MARGIN` before it: a change may have been set down just before the backup read the store, and
committed just after. Entries are kept for `KEPT`, the age at which a backup can no longer be
restored, and then dropped.

Times in one file never go back, also when the machine's clock does, and a backup is an entry too:
so what comes after a backup is never dated before it.
"""

from bot.journal.model import KEPT, MARGIN, Entry
from bot.journal.service import Journal, Replays, record

__all__ = ["KEPT", "MARGIN", "Entry", "Journal", "Replays", "record"]
