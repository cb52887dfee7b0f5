"""The `leasedesk` command.

Each command is a file in this package and a line in `registry.py`. The file is imported when its command is used, so
that `leasedesk --help` does not wait for what only one command needs.
"""

import json
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from app.cli.registry import COMMANDS, LazyGroup

PROGRAM = "leasedesk"


@click.group(
    PROGRAM,
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
def leasedesk() -> None:
    """LeaseDesk, the back office of a company that leases phones and other devices to own.

    A command works on the home folder LEASEDESK_HOME whether or not the product is running there.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave: 0 done, 1 a known failure, 2 wrong use or a wrong setting, 130 interrupted.

    Every known failure is a sentence on stderr, and with `--json` also the one object on stdout; a traceback is a
    defect of the program.
    """
    from app.cli.failures import as_sentence

    try:
        code = leasedesk.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.UsageError as error:
        hint = f" See: {error.ctx.command_path} --help" if error.ctx else ""
        _complain(f"{error.format_message()}{hint}")
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _complain("Interrupted.")
        sys.exit(130)
    except Exception as error:
        known = as_sentence(error)
        if known is None:
            raise
        sentence, code = known
        _complain(sentence)
        if "--json" in (sys.argv if arguments is None else arguments):
            print(json.dumps({"error": sentence}))
        sys.exit(code)
    sys.exit(code if isinstance(code, int) else 0)


def _complain(sentence: str) -> None:
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)
