"""A Discord double over real HTTP and WebSocket on loopback, for the real bot process.

`faults.py` says what goes wrong, `world.py` holds what the double's Discord knows, `rest.py` and
`gateway.py` speak it, `double.py` is the server that a test or a campaign starts, and `launch.py`
starts the real bot against it. It does what Discord documents of what the bot uses, and answers
anything else with 404 and a line in `Double.unknown`, so that a gap is loud.
"""
