"""A small Square: an HTTP server that speaks Square's API, so that the real SDK works against it on this machine.

It takes no money and knows no real card. It stands in for Square in demonstrations and in tests of what must never happen
(a card charged twice, a payment lost), and it does on demand what networks and processors do at night: see `faults.py`.
Start it with `python -m app.simulators.square --home HOME`; speak to its controls with `remote.SquareSimulator`.

Contract: Square's published OpenAPI document; the tests hold every answer against it.
"""
