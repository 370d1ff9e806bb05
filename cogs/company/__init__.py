"""Company: a member asks for a person, and a supporter on duty comes into a private thread.

Promises:

- Before the tap it is said what happens, who may look into the thread, and that this is no crisis
  care; helplines are one tap away at every step.
- The thread says how things stand, honestly: waiting, nobody on duty and when somebody usually is,
  who has come, over. It never says that somebody watches.
- The line that a member adds stands in their thread alone, and is deleted here and there when the
  request ends: at the latest after two days. Who stays unnamed is named to nobody before somebody
  has come.
- Supporters are mentioned only while they are on duty, which they say themselves and which ends by
  itself. One comes to a request, and has only so many at a time.
- Nobody comes to somebody whom they blocked or who blocked them, whom moderators keep apart from
  them, or whom the rules on age and roles keep from them; and nothing says which of these it was.
- Ending is one tap, for either of them, and always with the same words.
"""
