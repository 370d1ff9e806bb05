"""Who must never be brought together: blocks that members make, and pairs that moderators part.

One list for all features. A block is silent: nothing anywhere shows it to the person it names, and
neither their erasure nor their export touches it. It ends when its owner takes it back or erases
their data and, unless it was made to stay, when they leave the server.
"""
