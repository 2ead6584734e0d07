"""The ``rag`` command: the only place that prints and sets exit codes.

Exit codes: 0 done, 1 a named error in one line, 2 wrong usage. With ``--json``, stdout holds nothing but JSON;
progress and log lines go to stderr.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import QuestionError, RagError, SourceError
from rag.progress import Bars

if TYPE_CHECKING:
    from rag.config import Config
    from rag.engine import Rag
    from rag.records import Answer, Article, Hit

_PROGRESS = Bars()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line; returns its exit code."""
    arguments = _parser().parse_args(argv)
    _show_warnings()
    try:
        return arguments.run(arguments) or 0
    except RagError as error:
        print(f"rag: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("rag: stopped", file=sys.stderr)
        return 130


def _show_warnings() -> None:
    """What the package warns of (a repaired index, say) goes to stderr, a line each."""
    import logging

    logger = logging.getLogger("rag")
    if not logger.handlers:
        shown = logging.StreamHandler()
        shown.setFormatter(logging.Formatter("rag: %(message)s"))
        logger.addHandler(shown)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="PATH", help="config file (default: config.yaml)")
    common.add_argument("--index", metavar="DIR", help="index folder (default: index.dir of the config)")
    common.add_argument("--json", action="store_true", help="machine-readable output on stdout")
    parser = argparse.ArgumentParser(prog="rag", description="Ask a newspaper archive; every statement is quoted. 问报")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[common])
        command.set_defaults(run=run)
        return command

    build = add("build", _build, "bring the index up to date with the sources")
    build.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: source.paths)")
    build.add_argument("--fresh", action="store_true", help="make the index anew")
    build.add_argument("--watch", action="store_true", help="go on, and follow every change of the sources until interrupted")
    added = add("add", _add, "add pages to the archive, as the desk does; the files are copied")
    added.add_argument("files", nargs="+", type=Path, metavar="FILE")
    removed = add("remove", _remove, "take sources out of the archive; their files stay, and `rag restore` brings them back")
    removed.add_argument("names", nargs="+", metavar="SOURCE", help="as `rag search` prints it")
    restored = add("restore", _restore, "bring removed sources back")
    restored.add_argument("names", nargs="+", metavar="SOURCE")
    ask = add("ask", _ask, "answer a question, with citations")
    ask.add_argument("question", nargs="?")
    ask.add_argument("--asked-on", type=_day, metavar="DAY", help="2024-07-05, or today: what last month and 去年 are reckoned from")
    ask.add_argument("--build", action="store_true", help="bring the index up to date first")
    _add_batch(ask)
    search = add("search", _search, "find passages")
    search.add_argument("query", nargs="?")
    search.add_argument("-k", type=int, help="how many (default: retrieval.k)")
    search.add_argument("--since", type=_date, default="", metavar="DATE", help="only articles of this day, month or year, or later")
    search.add_argument("--until", type=_date, default="", metavar="DATE", help="only articles of this day, month or year, or earlier")
    search.add_argument("--source", default="", metavar="TEXT", help="only sources whose name holds this text")
    search.add_argument("--explain", action="store_true", help="show what found each passage")
    _add_batch(search)
    articles = add("articles", _articles, "show the articles that a page is read as")
    articles.add_argument("file", type=Path)
    for name, text in (("chat", "open the desk in a browser on this machine"),
                       ("serve", "serve the desk, HTTP, OpenAI's protocol and MCP")):
        served = add(name, _serve, text)
        served.add_argument("--host", help="address to listen on (default: chat.host); beyond loopback WENBAO_TOKEN must be set")
        served.add_argument("--port", type=int, help="port (default: chat.port; 0 = any)")
        served.add_argument("--log", action="store_true", help="write a line of JSON for each request, without the question")
        served.add_argument("--log-questions", action="store_true", help="the same with the question")
    add("mcp", _mcp, "speak MCP over stdin and stdout")
    models = add("models", _models, "list, fetch and verify models")
    models.add_argument("--fetch", action="store_true", help="fetch what the configuration needs")
    models.add_argument("--verify", action="store_true", help="hash what is cached anew")
    verify = add("verify", _verify, "check a saved answer against index and sources, offline")
    verify.add_argument("file", type=Path, metavar="ANSWER.json", help="what `rag ask --json` printed")
    evaluate = add("eval", _eval, "measure search, answers or page reading on files of your own, or answers judged at the desk")
    evaluate.add_argument("kind", choices=["retrieval", "answers", "feedback", "pages"])
    evaluate.add_argument("file", type=Path, help=(
        'lines of {"id", "question", "doc_ids" or "answers"}; index/feedback.jsonl; or a folder of NAME.txt with NAME.gold.json'))
    evaluate.add_argument("--failures", type=int, default=10, metavar="N", help="failures shown (default: 10; all with --json)")
    add("doctor", _doctor, "check the installation; each finding comes with its remedy")
    return parser


def _add_batch(command: argparse.ArgumentParser) -> None:
    command.add_argument("--batch", type=Path, metavar="Q.jsonl", help='lines of {"id", "question"}, for `ask` also "asked_on"')
    command.add_argument("--out", type=Path, metavar="A.jsonl", help="where the lines of a batch go (default: stdout)")


def _date(text: str) -> str:
    """An ISO day, month or year."""
    if text and not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2024, 2024-07 or 2024-07-05")
    return text


def _day(text: str) -> date:
    """A day, or today."""
    try:
        return date.today() if text == "today" else date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2024-07-05 or today") from error


def _open(arguments: argparse.Namespace) -> Rag:
    from rag.engine import Rag

    rag = Rag.open(arguments.config, index=arguments.index)
    rag.progress = _PROGRESS
    return rag


# -- build ----------------------------------------------------------------------------------------------------


def _build(arguments: argparse.Namespace) -> int:
    rag = _open(arguments)
    code = _report(rag, arguments)
    while arguments.watch:
        from rag.index.build import until_changed

        until_changed(rag.config, arguments.paths)
        code = _report(rag, arguments)
    return code


def _add(arguments: argparse.Namespace) -> int:
    from rag.doors.service.sources import add_files

    rag = _open(arguments)
    add_files(rag.config, arguments.files)
    return _report(rag, arguments)


def _remove(arguments: argparse.Namespace) -> int:
    from rag.doors.service.sources import remove_sources

    rag = _open(arguments)
    remove_sources(rag.config, arguments.names)
    return _report(rag, arguments)


def _restore(arguments: argparse.Namespace) -> int:
    from rag.doors.service.sources import restore_sources

    rag = _open(arguments)
    restore_sources(rag.config, arguments.names)
    return _report(rag, arguments)


def _report(rag: Rag, arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    report = rag.build(getattr(arguments, "paths", ()), fresh=getattr(arguments, "fresh", False), progress=_PROGRESS)
    _PROGRESS.done()
    if arguments.json and arguments.command == "build":
        _print_json(asdict(report))
    else:
        done = f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, " \
               f"{len(report.unchanged)} unchanged"
        _note(f"index: {done}; {report.articles} articles, {report.passages} passages, {report.seconds:.1f} s")
    for line in report.failed:
        _note(f"rag: {line}")
    return 1 if report.failed else 0


# -- ask and search -------------------------------------------------------------------------------------------


def _ask(arguments: argparse.Namespace) -> int:
    rag = _open(arguments)
    if arguments.build and _report(rag, arguments):
        return 1
    if arguments.batch:
        return _batch(arguments, lambda row: rag.ask(row["question"], asked_on=_asked_on(row, arguments)).to_dict())
    answer = rag.ask(_required(arguments.question), asked_on=arguments.asked_on)
    _print_json(answer.to_dict()) if arguments.json else _print_answer(answer)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from rag.records import Filter

    rag = _open(arguments)
    only = Filter(arguments.since, arguments.until, arguments.source)
    if arguments.batch:
        return _batch(arguments, lambda row: _hits(rag.search(row["question"], arguments.k, only)))
    hits = rag.search(_required(arguments.query), arguments.k, only)
    _print_json(_hits(hits)) if arguments.json else _print_hits(hits, explain=arguments.explain)
    return 0


def _required(question: str | None) -> str:
    if question is None:
        raise QuestionError("no question; give one, or --batch FILE")
    return question


def _hits(hits: Sequence[Hit]) -> dict[str, Any]:
    return {"hits": [hit.to_dict() for hit in hits]}


def _asked_on(row: dict[str, Any], arguments: argparse.Namespace) -> date | None:
    """The day of a line's own ``asked_on``, else that of the command."""
    try:
        return date.fromisoformat(row["asked_on"]) if "asked_on" in row else arguments.asked_on
    except (TypeError, ValueError) as error:
        raise QuestionError(f"asked_on: {row['asked_on']!r} is no day; write 2024-07-05") from error


def _batch(arguments: argparse.Namespace, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Answers line by line, writing each at once; a bad line is reported and the others go on."""
    failed = 0
    out = arguments.out.open("w", encoding="utf-8") if arguments.out else sys.stdout
    try:
        for number, row in _questions(arguments.batch):
            try:
                if isinstance(row, str):
                    raise QuestionError(row)
                result = {"id": row["id"], **answer(row)}
            except RagError as error:
                failed += 1
                _note(f"rag: {arguments.batch}:{number}: {error}")
                continue
            out.write(json.dumps(result, ensure_ascii=False) + "\n")
            out.flush()
            _PROGRESS("batch", number, 0)
    finally:
        if out is not sys.stdout:
            out.close()
    _PROGRESS.done()
    return 1 if failed else 0


def _questions(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line number and record of each question; for a bad line, what is wrong with it."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{file}: cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            yield number, f"not JSON ({error})"
            continue
        if isinstance(row, dict) and isinstance(row.get("question"), str) and "id" in row:
            yield number, row
        else:
            yield number, 'needs "id" and "question"'


# -- articles, chat, models, doctor ---------------------------------------------------------------------------


def _articles(arguments: argparse.Namespace) -> int:
    from rag.pages import read_articles

    articles = read_articles(arguments.file)
    if arguments.json:
        _print_json([article.to_dict() for article in articles])
        return 0
    for article in articles:
        print("\n".join(_article_lines(article)), end="\n\n")
    return 0


def _article_lines(article: Article) -> Iterator[str]:
    """An article as a person would like to read it, with ⟨+⟩ where the reader rejoined it."""
    yield "━" * 60
    for label, value in (("section", article.section), ("kicker", article.kicker), ("title", article.title),
                         ("byline", article.byline), ("date", article.date)):
        if value:
            yield f"{label:8}{value}"
    text = article.text
    for joint in sorted(article.joints, key=lambda j: -j.at):
        text = f"{text[: joint.at]}⟨{'+' if joint.kind == 'cut' else '↷'}⟩{text[joint.at :]}"
    yield f"\n{text}{' ⟨breaks off⟩' if article.truncated else ''}\n"
    for caption in article.captions:
        yield f"caption {caption.text} ({caption.credit})"
    for doubt in article.doubts:
        yield f"doubt   {doubt}"


def _serve(arguments: argparse.Namespace) -> int:
    import logging

    from rag.doors.server.run import serve
    from rag.doors.service import Library

    rag = _open(arguments)
    if arguments.log or arguments.log_questions:
        logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
        logging.getLogger("rag.doors.server.requests").setLevel(logging.INFO)
    port = rag.config.chat.port if arguments.port is None else arguments.port
    serve(Library(rag), arguments.host or rag.config.chat.host, port, log_questions=arguments.log_questions,
          opened=lambda address: print(f"{address}  (Ctrl-C ends it)", flush=True))
    return 0


def _mcp(arguments: argparse.Namespace) -> int:
    import asyncio

    from rag.doors.server.mcp_door import run_stdio
    from rag.doors.service import Library

    library = Library(_open(arguments))
    library.start()
    try:
        asyncio.run(run_stdio(library))
    finally:
        library.close()
    return 0


def _models(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from rag.config import load_config
    from rag.models import resolve, status, verify

    config = load_config(arguments.config)
    if arguments.fetch:
        for name in _models_of(config):
            resolve(name, offline=config.models.offline, progress=_PROGRESS)
            _PROGRESS.done()
    found = status()
    checked = {model.name: verify(model.name) for model in found if model.cached} if arguments.verify else {}
    if arguments.json:
        _print_json([{**asdict(model), "files_verified": checked.get(model.name)} for model in found])
        return 0
    for model in found:
        state = f"{model.size / 1e6:,.0f} MB from {model.source}" if model.cached else "not cached"
        verified = f"; {checked[model.name]} files verified" if model.name in checked else ""
        print(f"{model.role:16} {model.name} ({model.licence}): {state}{verified}")
    return 0


def _models_of(config: Config) -> list[str]:
    """The models that a configuration needs on this machine."""
    generator = [] if config.generation.backend == "openai" else [config.generation.model]
    dictionary = [config.retrieval.dictionary] if config.retrieval.dictionary else []
    return [config.embedding.model, *generator, *dictionary]


def _verify(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    try:
        answer = json.loads(arguments.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{arguments.file}: cannot be read as JSON ({error}); save `rag ask --json` there") from error
    checks = _open(arguments).verify(answer)
    if arguments.json:
        _print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print(f"{'ok' if check.holds else '!!'}  {check.what}" + ("" if check.holds else f": {check.seen}"))
    return 0 if all(check.holds for check in checks) else 1


def _eval(arguments: argparse.Namespace) -> int:
    import rag.doors.evaluate as evaluate

    if arguments.kind == "pages":
        report = evaluate.evaluate_pages(_gold_pages(arguments.file))
    else:
        measure = {"retrieval": evaluate.evaluate_retrieval, "answers": evaluate.evaluate_answers,
                   "feedback": evaluate.evaluate_feedback}[arguments.kind]
        rows = [(number, row) for number, row in _questions(arguments.file)]
        if bad := next(((number, row) for number, row in rows if isinstance(row, str)), None):
            raise QuestionError(f"{arguments.file}:{bad[0]}: {bad[1]}")
        report = measure(_open(arguments), [row for _, row in rows if not isinstance(row, str)])
    if arguments.json:
        _print_json(report.to_dict())
        return 0
    print(f"{report.kind}: {report.questions}")
    for name, value in report.figures.items():
        print(f"  {name:18} {value:.3f}")
    for failure in report.failures[: arguments.failures]:
        print(json.dumps(failure, ensure_ascii=False))
    return 0


def _gold_pages(folder: Path) -> Iterator[tuple[str, list[Article], list[dict[str, Any]]]]:
    from rag.pages import read_articles

    golds = sorted(folder.glob("*.gold.json"))
    if not golds:
        raise SourceError(f"{folder}: no NAME.gold.json here; each holds the true articles of NAME.txt")
    for gold in golds:
        name = gold.name.removesuffix(".gold.json")
        try:
            true = json.loads(gold.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SourceError(f"{gold}: is not JSON ({error})") from error
        yield name, list(read_articles(folder / f"{name}.txt")), true


def _doctor(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from rag.doors.doctor import examine

    findings = list(examine(_open(arguments).config))
    if arguments.json:
        _print_json([asdict(finding) for finding in findings])
    else:
        for f in findings:
            print(f"{'ok' if f.well else '!!'}  {f.check:9} {f.seen}" + ("" if f.well else f"\n    → {f.remedy}"))
    return 0 if all(finding.well for finding in findings) else 1


# -- printing -------------------------------------------------------------------------------------------------


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _print_answer(answer: Answer) -> None:
    print(answer.text)
    for c in answer.citations:
        told = " · ".join(part for part in (c.title, c.byline, c.date, c.source) if part)
        print(f"\n[{c.number}] {c.quote}\n    {told}")
    zh = answer.language == "zh"
    if answer.rewritten:
        print(f"\n{'理解为' if zh else 'understood as'}: {answer.rewritten}")
    if answer.figures:
        print("\n另有数字:" if zh else "\nother figures:")
        for f in answer.figures:
            print(f"    {f.text}: {f.counts} [{f.citation.title}{', ' + f.date if f.date else ''}]")
    for time in answer.times:
        print(f"    {time.text} = {time.means} ({'文章日期' if zh else 'article of'} {time.date})")
    for warning in answer.warnings:
        print(f"\n! {warning}")


def _print_hits(hits: Iterable[Hit], *, explain: bool) -> None:
    for hit in hits:
        row = hit.to_dict()
        print(f"{hit.rank:3}  {hit.score:7.3f}  {row['title']}  ({row['source']})\n     {row['text']}")
        if explain:
            channels = "; ".join(f"{name} rank {f.rank}, {f.score:.2f}" for name, f in hit.found_by.items() if name != "period")
            time = "; tells about another time than the one asked about" if "period" in hit.found_by else ""
            print(f"     found by {channels}; holds {' '.join(hit.matched) or 'none of the words'}{time}")
        print()


def _note(line: str) -> None:
    print(line, file=sys.stderr)
