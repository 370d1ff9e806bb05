"""Who is no longer in a server: what they had there ends, a day after they were first not found.

Discord tells a bot that lists no members nothing of it, so everybody whom a feature holds something
of is asked about, one after the other. Since when somebody was not found is stored, so that a
restart forgets nobody; whoever is found again in between has lost nothing.
"""
