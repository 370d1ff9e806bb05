"""Pairing: two members who both asked for it are introduced to each other, as equals.

Promises:

- Nobody is drawn who did not say yes, in words whose version is kept; the yes is asked for again
  every half year, and silence pauses.
- What is kept of a member's wishes are codes from lists: languages, topics, hours and ways. No word
  of their own is stored, and no list that ships has a diagnosis in it.
- Leaving is one tap, at once and from anywhere, also out of an introduction that is under way.
- Nobody meets somebody whom they blocked or who blocked them, whom moderators keep apart from them,
  with whom they share no language, or who is on the other side of the line between adults and
  minors. Roles are read at the moment and never stored; what cannot be read is a no.
- Who may look into a thread is said before the tap, not after.
- What two people say to each other is never read. Who met whom is kept only as long as it takes
  not to bring the same two together again.
- Nobody is called unmatched. The one who waits is told so kindly, and is first next time.
"""
