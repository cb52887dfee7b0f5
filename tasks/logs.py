"""What background processes write to their log files."""

import logging


def begin() -> None:
    """Log to stderr from INFO on, without the lines that repeat all day."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # Calls to the outside stand in the API log, redacted.
    logging.getLogger("rq.worker").addFilter(lambda record: "cleaning" not in str(record.msg))
