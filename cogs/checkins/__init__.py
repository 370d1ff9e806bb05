"""Check-ins: a short sentence that arrives when it was asked for, and asks nothing back.

Promises:

- What a member answers is neither stored nor logged, and nobody is counted.
- Every prompt can be answered in a word, passed on, or left alone without rudeness.
- No prompt asks why, for a number, or about trauma, loss, family, body or diagnosis; none blames,
  advises, promises or presumes. What ships and what moderators write keeps the same rules.
- No prompt comes back to a channel before every other one has been there.
- A check-in comes once, within its wall-clock minute, or not at all: what is too late to be kind
  is skipped and written down. After an outage each schedule posts at most one.
- Moderators see beforehand exactly what will be posted, and can stop any of it with one tap.
- A place that refuses three times in a row is left alone, and moderators are told what to do; a
  member's direct messages are left alone at the first refusal.
- A member's own check-ins need their consent, asked again every half year; silence pauses them.
"""
