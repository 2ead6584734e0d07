"""How the command line is typed and read: help, groups, completion, colours on a terminal only."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from typer.main import get_command

from rag.doors import cli
from rag.doors.cli.app import GROUPS, app

COMMANDS = get_command(app).commands
COLOUR = re.compile(r"\x1b\[[\d;]*3[0-7]m")


def told(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command line that ends by itself."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    out = capsys.readouterr()
    return stopped.value.code, out.out, out.err


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What ``rag …`` shows on a terminal of its own."""
    pty = pytest.importorskip("pty")
    shown, written = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen([sys.executable, "-m", "rag", *arguments], stdout=written, stderr=written, stdin=written,
                          env={**kept, "TERM": "xterm", "COLUMNS": "100", **environment}) as command:
        os.close(written)
        text = b""
        try:
            while part := os.read(shown, 4096):
                text += part
        except OSError:  # the terminal is closed at the other end
            pass
        os.close(shown)
    assert command.returncode in (0, 1, 2)
    return text.decode()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_has_a_sentence_and_an_example(capsys, name):
    code, out, err = told(capsys, name, "--help")
    assert code == 0 and err == "" and f"Example: rag {name}" in " ".join(out.split())
    assert COMMANDS[name].help.endswith(".") and COMMANDS[name].rich_help_panel in GROUPS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_has_a_help_text(name):
    assert [option.name for option in COMMANDS[name].params if not (option.help or "").endswith(".")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_config_index_and_json(name):
    assert {"--config", "--index", "--json"} <= {spelt for option in COMMANDS[name].params for spelt in option.opts}


def test_help_lists_the_commands_in_groups(capsys):
    code, out, _ = told(capsys, "--help")
    assert code == 0 and re.findall(r"^(\w+):$", out, re.MULTILINE) == ["Options", *GROUPS]
    assert out == told(capsys, "-h")[1]


def test_version_is_that_of_the_package(capsys):
    code, out, _ = told(capsys, "--version")
    assert code == 0 and re.fullmatch(r"wenbao \d+\.\d+\.\d+\n", out)


@pytest.mark.parametrize(("arguments", "wrong"), [
    ([], "Usage: rag"), (["frobnicate"], "frobnicate"), (["--nonsense"], "--nonsense"), (["ask", "甲", "乙"], "乙"),
    (["ask", "--asked-on", "yesterday", "甲"], "'yesterday' is no day"), (["search", "--since", "2024-7", "甲"], "'2024-7' is no date"),
    (["search", "-k", "ten", "甲"], "'ten' is no whole number"), (["search", "甲", "-k"], "-k"), (["serve", "--port", "x"], "--port"),
    (["eval", "colours", "f"], "'colours' is none of retrieval"), (["add"], "FILE"), (["remove"], "SOURCE"), (["articles"], "FILE"),
    (["verify"], "ANSWER.json"), (["mcp", "--port", "1"], "--port"),
])
def test_wrong_usage_is_told_on_stderr_and_exits_2(capsys, arguments, wrong):
    code, out, err = told(capsys, *arguments)
    assert code == 2 and out == "" and wrong in err


def test_a_question_may_begin_with_a_dash(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["ask", "--json", "--", "-weird question"]) == 1  # past the options, to the index that is missing
    assert "rag build" in capsys.readouterr().err


def test_a_file_name_need_not_be_utf_8(tmp_path, capsys):
    name = os.fsdecode(b"\xb1\xa8.txt")
    try:
        (tmp_path / name).write_text("# 甲镇修路\n\n甲镇修路九公里。\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert cli.main(["articles", str(tmp_path / name)]) == 0 and "甲镇修路九公里" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_produced(monkeypatch, capsys, shell):
    monkeypatch.setenv("_RAG_COMPLETE", f"source_{shell}")
    code, out, _ = told(capsys)
    assert code == 0 and "_RAG_COMPLETE" in out and "rag" in out


@pytest.mark.parametrize(("typed", "offered"), [
    ("rag ", {"ask", "search", "build", "doctor"}), ("rag ask --", {"--asked-on", "--batch", "--config", "--json"}),
    ("rag eval ", {"retrieval", "answers", "feedback", "pages"}),
])
def test_the_shell_is_offered_what_can_follow(monkeypatch, capsys, typed, offered):
    words = {"_RAG_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    assert offered <= set(told(capsys)[1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["ask", "--nonsense"], ["models"], ["eval"]])
def test_piped_output_has_no_escape_codes(arguments):
    done = subprocess.run([sys.executable, "-m", "rag", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm"})
    assert done.stdout + done.stderr and "\x1b" not in done.stdout + done.stderr and "│" not in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--nonsense"], ["ask", "--config", "none.yaml", "甲"]])
def test_a_terminal_gets_colours_unless_no_color_is_set(arguments):
    assert COLOUR.search(on_a_terminal(*arguments)) and not COLOUR.search(on_a_terminal(*arguments, NO_COLOR="1"))


def test_a_terminal_gets_tables(tmp_path):
    shown = on_a_terminal("models", WENBAO_CACHE=str(tmp_path))
    assert "in the cache" in shown and "───" in shown and "not cached" in shown
