"""The picture, drawn in a process of its own (`python -m cogs.insights.picture`).

A page as JSON comes in, a PNG goes out. matplotlib takes more memory than the rest of the bot has
to spare, so nothing else imports it, and what it takes is given back when the process ends.
"""
