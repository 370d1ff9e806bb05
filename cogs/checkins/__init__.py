"""Check-ins: a short sentence that arrives when it was asked for, and asks nothing back.

Promises:

- What a member answers is neither stored nor logged, and nobody is counted.
- Every prompt can be answered in a word, passed on, or left alone without rudeness.
- No prompt asks why, for a number, or about trauma, loss, family, body or diagnosis; none blames,
  advises, promises or presumes. What ships and what moderators write keeps the same rules.
- No prompt comes back to a channel before every other one has been there.
"""
