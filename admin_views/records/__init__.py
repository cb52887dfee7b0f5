"""Records: a list for every kind of row that has no page of its own.

What has money or a status can be looked at here and is changed elsewhere, by the action that it belongs to.
"""
