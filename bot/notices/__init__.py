"""What moderators must know and can do something about.

A notice is posted in the channel that they chose for it, else it stands on top of `/settings` until
somebody says that it was seen. Nobody is written to directly. While it is open it is not repeated.
"""
