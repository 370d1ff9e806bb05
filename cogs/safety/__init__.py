"""Safety: block somebody, reach the moderators in private, keep two people apart.

Promises:

- A block is silent: the person it names sees it nowhere, and what they may do answers as if it were
  not there. It holds for every feature, and needs neither a reason nor the shared thread.
- A report goes to the moderators alone, with or without a name as the member chooses. Nobody else
  notices, the channel for notices never shows its words, and who it is about never reads it.
- What moderators keep apart is shown to other moderators only, never to the two.
- Taking back is as easy as blocking.
"""
