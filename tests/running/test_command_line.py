"""What every command does with wrong use, wrong settings and known failures."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app.cli import leasedesk as command
from app.cli import main
from app.cli.failures import as_sentence
from app.cli.product import answer, json_option
from app.cli.registry import COMMANDS
from app.domain.errors import RuleViolation
from tests.product import environment_for, leasedesk_process


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["--nonsense"], ["up", "--nonsense"], ["up", "too", "much"], ["db", "nonsense"], ["version", "--jsonn"]],
)
def test_wrong_use_ends_with_2_and_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("leasedesk: ")
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [[], ["db"]])
def test_no_word_at_all_shows_the_help_and_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "Commands" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_registry_can_be_asked_for_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"Usage: leasedesk {name}" in capsys.readouterr().out


def test_help_imports_neither_the_framework_nor_the_database() -> None:
    code = """
import sys
from app.cli import main
try:
    main(["--help"])
except SystemExit:
    heavy = {"flask", "sqlalchemy", "pydantic", "psycopg", "pandas", "redis"} & set(sys.modules)
    print("heavy:", sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("heavy: []\n")


def test_a_wrong_setting_ends_with_2_and_names_the_variable(home: Path) -> None:
    done = leasedesk_process("up", environment=environment_for(home, {"PORT": "http"}))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("leasedesk: PORT is set to 'http', but ")


def test_a_missing_server_ends_with_1_and_a_sentence(home: Path) -> None:
    environment = environment_for(home, {"DATABASE_URL": "postgresql://me:geheim@127.0.0.1:1/x"})
    done = leasedesk_process("db", "upgrade", "--json", environment=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("leasedesk: The database of DATABASE_URL does not answer: ")
    assert json.loads(done.stdout) == {"error": done.stderr.removeprefix("leasedesk: ").strip()}
    assert "geheim" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_by_a_rule_is_a_sentence_and_code_1() -> None:
    assert as_sentence(RuleViolation("A payment must be more than $0.00.")) == ("A payment must be more than $0.00.", 1)


def test_a_defect_is_not_dressed_up_as_a_known_failure() -> None:
    assert as_sentence(ZeroDivisionError()) is None


@click.command()
@json_option
def chatty() -> None:
    """Print something besides its answer."""
    print("noise")
    answer({"answer": 42}, "The answer is 42.")


def test_json_is_the_only_thing_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    chatty.main(["--json"], standalone_mode=False)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"answer": 42}
    assert err == "noise\n"
    chatty.main([], standalone_mode=False)
    assert capsys.readouterr().out == "noise\nThe answer is 42.\n"


def test_an_empty_home_gets_its_tables_once(home: Path) -> None:
    environment = environment_for(home)
    first = leasedesk_process("db", "upgrade", "--json", environment=environment)
    second = leasedesk_process("db", "upgrade", environment=environment)
    assert json.loads(first.stdout)["from"] is None
    assert second.stdout == f"The tables are at {json.loads(first.stdout)['to']}.\n"


def test_the_settings_table_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["settings"], standalone_mode=False)
    assert capsys.readouterr().out.startswith("| Variable | Default | Meaning |\n")
