"""A small text gateway on this machine, for demonstrations and tests: takes texts, keeps them, brings replies."""
