"""What the bot is, what it is not, and what each person may use here.

Promises: it says that it is a bot, no crisis care and no therapy, and that nobody is watching; it
lists only what works in this release, and to moderators what moderators may use.
"""
