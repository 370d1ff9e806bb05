"""Answers to common questions: found by the member's own words, shown privately, never stored.

What a member asks is neither kept nor logged. An answer is *found*, *nearby* or *nothing*: a guess
is never dressed up as an answer. Nothing here judges who is asking or how they are.
"""
