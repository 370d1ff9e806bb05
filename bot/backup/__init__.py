"""Backups of the SQLite store: taken while the bot runs, encrypted, and restored with care.

A backup is one encrypted file: everything that was committed at one moment, and a table that says
when and by which version it was made. It is whole or not there. The journal (`bot.journal`) is not
in it, so that what people took back since the backup outlives it.

PostgreSQL is backed up and restored by its own tools; `restoring.replay` does for it what
`restoring.restore` does after the file is in place.
"""
