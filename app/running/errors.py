"""Known failures of starting and stopping."""


class ServersUnavailable(Exception):
    """A server that the program needs cannot be reached or started; the message is a sentence saying what to do."""
