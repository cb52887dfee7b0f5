"""`python -m app` is the `leasedesk` command."""

from app.cli import main

if __name__ == "__main__":
    main()
