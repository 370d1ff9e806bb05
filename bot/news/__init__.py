"""What a person is told once, on top of the next private answer to a command of theirs.

For what happened without them while nothing could be sent to them: nobody is written to for it, and
what nobody asks for goes after a stated time.
"""
