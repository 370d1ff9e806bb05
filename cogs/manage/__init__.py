"""One place for moderators: /settings draws every declared setting, /manage takes what others add.

Promises: a change is checked, saved and written to the audit list, or not at all; who sees what is
checked when a button is pressed, not when it was drawn; moderators steer, they do not read.
"""
