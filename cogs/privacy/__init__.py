"""What is stored about you: shown, exported and erased, by yourself and at once.

Promises: a member sees in words what is kept and what they said yes to; takes back each yes with
one tap; gets all of it as a file (docs/privacy.md says what is in it); erases it with a receipt.
What others hold for their own safety (an audit line, a block or a report) is neither shown nor
erased here, and the page says that it may exist.

For moderators the same about the whole server: they see and download what the server set up, never
what is a member's own; who may manage the server can erase all of it.
"""
