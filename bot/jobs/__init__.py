"""Durable promises to do something later: kept once, or told.

A *timer* says when a subject (a schedule, say) is next due. When it is, its feature writes the
messages that follow from it and the subject's next moment in one transaction. A *message* is
claimed with a lease, sent with a nonce made from its id, and settled. Whatever crashes, the lease
ends and the message is taken up again: within the minutes in which Discord refuses a second message
of the same nonce it is sent again; later its channel is searched for it first; and where the
channel cannot be read it is told to the moderators as uncertain, and never sent again.
"""
