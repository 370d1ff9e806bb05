"""Counts of a server by calendar month, for its moderators: in words, as a picture, as a table.

Promises: off until moderators switch it on, and members read in /about that it is; never about a
person, and nothing under five people (`bot.counting` says how that is kept); the picture shows
nothing that does not stand in words beside it; it is drawn in a process that knows nothing else.
"""
