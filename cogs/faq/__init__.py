"""Answers to common questions: found by the member's own words, shown privately, never stored.

Promises:

- What a member asks is neither stored nor logged, and never repeated where others can see it. It
  stays in memory for an hour at most, so that they may send it to the moderators.
- Only the member's tap sends a question to the moderators: the exact words are shown before, and no
  name is with them unless they choose it. The words wait encrypted, and go when it is answered,
  declined, taken back or has waited for the stated days; the member hears once, as they chose.
- An answer is *found*, *nearby* or *nothing*: a guess is never dressed up as an answer.
- Nothing here judges who is asking or how they are: no word list, no classifier. Helplines are on
  every answer, and stand first where no answer was found.
- Others see an answer only when the member shares it, where they may write themselves; the bot
  posts it without their name, and they can take it back.
- Somebody's message is read only at a helper's tap in its menu, for one search, and not kept. The
  helper alone sees what fits, and posts it under their name; the bot never answers by itself.
- Moderators add answers and hide shipped ones; each change is checked as shipped content is, and
  is in the audit list. What they typed is given back when it is refused.
- Whether an answer helped is counted by entry: not who said so, not when, not what was asked.
  Moderators read them in steps of five, and none under five.
- When the database is down, what ships still answers.
"""
