"""What a host sees of a running bot: whether it is well, what it did, and how long that took.

Figures count what happened and never whom it happened to. What is shown here is named by commands,
buttons, text keys and kinds of promises, all of which stand in the code; no person, no server and
no word ever becomes a name of a figure, nor part of the answer to `/healthz`.
"""
