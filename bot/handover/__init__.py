"""One server of a store as a file of its own, to give a community to another host.

A **copy** holds what the server set up, and what is held for somebody's safety; what is a member's
own is left out of it, because nobody could tell who takes it back afterwards. A **hand-over** holds
all of it, and the store that it was taken from keeps nothing: what a member erases from then on is
erased where their data is.
"""
