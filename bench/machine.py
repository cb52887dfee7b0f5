"""The machine and the programs under a measurement."""

from __future__ import annotations

import os
import platform

from sqlalchemy import text
from sqlalchemy.orm import Session

_SERVER = text(
    "select current_setting('server_version'), current_setting('shared_buffers'), current_setting('work_mem'), "
    "current_setting('random_page_cost')"
)


def described(session: Session) -> str:
    """One sentence: cores, memory, system, CPython, PostgreSQL and the settings of it that matter here."""
    version, buffers, work_mem, page_cost = session.execute(_SERVER).one()
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {gibibytes:.0f} GiB, {platform.system()} on {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}, PostgreSQL {version.split()[0]} "
        f"(shared_buffers {buffers}, work_mem {work_mem}, random_page_cost {page_cost})"
    )
