"""Known failures of starting and stopping."""


class CannotStart(Exception):
    """The product does not come up; the message is a sentence saying why and what to do."""


class ServersUnavailable(CannotStart):
    """A server that the program needs cannot be reached or started."""
