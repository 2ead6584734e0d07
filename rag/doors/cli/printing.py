"""Prints results: answers, passages, articles, checks and figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rag.doors.cli.terminal import Cell, is_terminal, print_table, styled

if TYPE_CHECKING:
    from rag.doors.doctor import Finding
    from rag.doors.evaluate import Report
    from rag.gather.ledger import Entry
    from rag.models import Status
    from rag.records import Answer, Article, Citation, Hit
    from rag.verify import Check


def print_json(value: Any) -> None:
    """Prints JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def print_address(address: str) -> None:
    """Prints the address of the server."""
    print(f"{styled(address, bold=True)}  (Ctrl-C ends it)", flush=True)


def print_answer(answer: Answer) -> None:
    """Prints an answer, its quotations, and the notes on it."""
    print(styled(answer.text, bold=True))
    for c in answer.citations:
        source_line = " · ".join(part for part in (c.title, c.byline, c.date, _source(c, answer.language)) if part)
        print(f"\n{styled(f'[{c.number}]', fg='cyan')} {c.quote}\n    {styled(source_line, dim=True)}")
    for line in _notes_of(answer):
        print(line)
    for warning in answer.warnings:
        print(f"\n{styled('!', fg='yellow', bold=True)} {warning}")


def _source(citation: Citation, language: str) -> str:
    """Returns the source of a citation with its page, if it has pages."""
    if citation.page is None:
        return citation.source
    return f"{citation.source} 第{citation.page}页" if language == "zh" else f"{citation.source}, page {citation.page}"


def _notes_of(answer: Answer) -> Iterator[str]:
    """Yields how a follow-up question was understood, other figures, and the resolved times."""
    zh = answer.language == "zh"
    if answer.rewritten:
        yield f"\n{'理解为' if zh else 'understood as'}: {answer.rewritten}"
    if answer.figures:
        yield "\n另有数字:" if zh else "\nother figures:"
    for f in answer.figures:
        yield f"    {f.text}: {f.counts} [{f.citation.title}{', ' + f.date if f.date else ''}]"
    for time in answer.times:
        yield f"    {time.text} = {time.means} ({'文章日期' if zh else 'article of'} {time.date})"


def print_csv(rows: Iterable[Iterable[str]]) -> None:
    """Prints rows as CSV."""
    import csv

    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Prints rows as JSON lines."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))


def print_facts(found: Iterable[Entry]) -> None:
    """Prints figures, each with its period and sentence."""
    rows = [entry.to_dict() for entry in found]
    if is_terminal(sys.stdout):
        print_table(("figure", "what", "time", "sentence", "article"), (
            (row["shown"], row["what"], row["period"], row["quote"], f"{row['title']}, {row['date']}") for row in rows))
        return
    for row in rows:
        print(f"{row['shown']}  {row['what']}  {row['period']}\n     {row['quote']}")
        print(f"     {row['title']} · {row['date']} · {row['source']}")


def print_hits(hits: Iterable[Hit], *, explain: bool) -> None:
    """Prints hits, best first; ``explain`` adds the channels that found each."""
    for hit in hits:
        row = hit.to_dict()
        title, source = styled(row["title"], bold=True), styled(row["source"], dim=True)
        print(f"{hit.rank:3}  {hit.score:7.3f}  {title}  ({source})\n     {row['text']}")
        if explain:
            print(f"     {styled(_explained(hit), dim=True)}")
        print()


def _explained(hit: Hit) -> str:
    channels = "; ".join(f"{name} rank {f.rank}, {f.score:.2f}" for name, f in hit.found_by.items() if name != "period")
    time = "; tells about another time than the one asked about" if "period" in hit.found_by else ""
    return f"found by {channels}; holds {' '.join(hit.matched) or 'none of the words'}{time}"


def print_articles(articles: Iterable[Article]) -> None:
    """Prints the articles of some pages."""
    found = list(articles)
    by_id = {article.article_id: article for article in found}
    for article in found:
        print("\n".join(_article_lines(article, by_id)), end="\n\n")


def _article_lines(article: Article, by_id: Mapping[str, Article]) -> Iterator[str]:
    """Yields the lines of an article, with ⟨+⟩ at rejoined sentences and ⟨↷⟩ at reordered columns."""
    yield styled("━" * 60, dim=True)
    for label, value in (("section", article.section), ("kicker", article.kicker), ("title", article.title),
                         ("byline", article.byline), ("date", article.date)):
        if value:
            yield f"{styled(f'{label:8}', dim=True)}{styled(value, bold=label == 'title')}"
    text = article.text
    for joint in sorted(article.joints, key=lambda j: -j.at):
        text = f"{text[: joint.at]}⟨{'+' if joint.kind == 'cut' else '↷'}⟩{text[joint.at :]}"
    goes_on = bool(article.links and article.links.continued_in)
    yield f"\n{text}{' ⟨breaks off⟩' if article.truncated and not goes_on else ''}\n"
    yield from _link_lines(article, by_id)
    for caption in article.captions:
        yield f"caption {caption.text} ({caption.credit})"
    for doubt in article.doubts:
        yield f"doubt   {doubt}"


def _link_lines(article: Article, by_id: Mapping[str, Article]) -> Iterator[str]:
    """Yields what an article has to do with other pages of its issue."""
    from rag.records import headline

    if not (links := article.links):
        return
    for told, target in (("continues", links.continues), ("goes on in", links.continued_in), ("only points to", links.told_in)):
        if target:
            other = by_id[target]
            yield f"{told} “{headline(other)}”{f', page {other.page}' if other.page else ''}, {other.source}"


def print_models(models: Iterable[Status], verified: Mapping[str, int]) -> None:
    """Prints the models of the catalogue, with their roles and sources."""
    rows = [(m.role, m.name, m.licence, f"{m.size / 1e6:,.0f} MB from {m.source}" if m.cached else "not cached",
             f"{verified[m.name]} files verified" if m.name in verified else "") for m in models]
    if is_terminal(sys.stdout):
        headings = ("role", "model", "licence", "in the cache", "verified")
        print_table(headings if verified else headings[:-1], (row if verified else row[:-1] for row in rows))
        return
    for role, name, licence, state, checked in rows:
        print(f"{role:16} {name} ({licence}): {state}{'; ' + checked if checked else ''}")


def print_checks(checks: Iterable[Check]) -> None:
    """Prints the checks of an answer, and what was found where one failed."""
    if is_terminal(sys.stdout):
        print_table(("", "check", "seen"), ((_mark(c.holds), c.what, "" if c.holds else c.seen) for c in checks))
        return
    for check in checks:
        print(f"{'ok' if check.holds else '!!'}  {check.what}" + ("" if check.holds else f": {check.seen}"))


def print_findings(findings: Iterable[Finding]) -> None:
    """Prints the findings of ``rag doctor``, and how to fix those that failed."""
    if is_terminal(sys.stdout):
        print_table(("", "check", "seen"), (
            (_mark(f.well), f.check, f.seen if f.well else f"{f.seen}\n→ {f.remedy}") for f in findings))
        return
    for f in findings:
        print(f"{'ok' if f.well else '!!'}  {f.check:9} {f.seen}" + ("" if f.well else f"\n    → {f.remedy}"))


def _mark(well: bool) -> Cell:
    return ("ok", "green") if well else ("!!", "bold red")


def print_report(report: Report, failures: int) -> None:
    """Prints the metrics of an evaluation, and its first failures as JSON lines."""
    print(f"{report.kind}: {report.questions}")
    if is_terminal(sys.stdout):
        print_table(("figure", "value"), ((name, f"{value:.3f}") for name, value in report.figures.items()))
    else:
        for name, value in report.figures.items():
            print(f"  {name:18} {value:.3f}")
    for failure in report.failures[:failures]:
        print(json.dumps(failure, ensure_ascii=False))
