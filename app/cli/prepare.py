"""The first process of `leasedesk up`: brings the tables up to date and loads the demonstration the first time."""

import sys

from app import create_app, schema
from app.settings import Settings


def tell(sentence: str) -> None:
    """Write a sentence at once; `leasedesk up` passes it on."""
    print(sentence, flush=True)


def main() -> int:
    """Migrate, then load the demonstration into a database without staff. Returns the exit code."""
    settings = Settings.load()
    made = create_app(settings)
    if not schema.is_current(made):
        tell("Making the tables …")
        schema.upgrade(made)
    if settings.is_demonstration:
        from app import demonstration

        demonstration.load(settings, tell)
    return 0


if __name__ == "__main__":
    sys.exit(main())
