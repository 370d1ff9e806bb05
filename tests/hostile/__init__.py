"""What hostile people would try, against the real bot in a simulated server.

`python -m tests.hostile` runs the campaign of generated inputs; docs/threats.md says what holds.
"""
