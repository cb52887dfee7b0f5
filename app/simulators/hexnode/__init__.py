"""A small Hexnode: an HTTP server with the part of Hexnode's API that is spoken here, on this machine.

It manages no real device. Like the real one it tells where its devices are, so that tests can see that nobody listens to that.
What networks do at night it does on demand, by the faults of Square's simulator, whose wire and memory it shares.
"""
