"""Helplines by country: emergency numbers, listening lines, and always a way to find more.

Promises:

- The reply is private, and nothing about the asking is stored or logged.
- No country is preselected or guessed; a server may have one listed first.
- It works when the database does not: what a server changed is then left out, what ships is shown.
- Emergency numbers come first and the international finder last, also for a country without a
  checked number: the reply then says so.
- Every row carries its pages and their dates. Nobody called the numbers, and the reply says that.
- Meaning is in words: no sign depends on an emoji or a colour.
"""
