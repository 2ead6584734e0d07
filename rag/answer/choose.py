"""Selects the sentences of the hits to read, and scores them with the reader, best first."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources

import numpy as np

from rag.answer.tables import is_named, of_other_times, table_caption
from rag.config import Answering
from rag.index.passages import passages_of
from rag.language.figures import CELLS, is_link
from rag.language.names import homophones
from rag.language.places import names_town
from rag.language.text import fold, simplified
from rag.reader import Reader, Sentence, SentenceScores, Span
from rag.records import Article, Hit, Passage, headline
from rag.search.query import Query, with_translations
from rag.search.retrieve import Retriever

_BYLINE, _CREDIT = "作者:", "摄影:"  # prefixes of a byline, as in the reader's training data, and of a photo credit in its input
_ARCHIVES = (".jsonl", ".jsonl.gz")  # files whose articles are of no common page
SIGNATURES = ("byline", "credit")  # fields that name who wrote or took something, and say nothing else


@dataclass(frozen=True, eq=False)
class CandidateSentence:
    """A candidate sentence with the features from which its log odds of answering are computed; compared by identity.

    ``text == getattr(article, passage.field)[start:end]`` (of the caption, for captions). ``similarity``: z-score of its cosine
    with the question. ``word_overlap``: share of the question's words in it and its headline, 0 to 1. ``passage_score``: search
    score of its passage minus the best one, at most 0. ``timely``: whether it may report the period asked about. ``margin``: the
    reader's log odds that it answers, against "no sentence answers". ``span_scores``: the reader's scores of its spans. ``score``:
    log odds from all of these. ``log_odds_alone``: the reader's log odds for the sentence by itself; ``-inf`` where only the best
    sentences were read by themselves. ``generator_spans``: the spans that the generator takes for the answer in the sentence by
    itself.
    """

    article: Article
    passage: Passage
    start: int
    end: int
    text: str
    similarity: float = 0.0
    word_overlap: float = 0.0
    passage_score: float = 0.0
    timely: bool = True
    margin: float = 0.0
    span_scores: SentenceScores | None = None
    score: float = 0.0
    log_odds_alone: float = -math.inf
    generator_spans: tuple[tuple[int, int], ...] = ()

    @property
    def read_as(self) -> Sentence:
        """Returns the reader's input: the sentence under the headline and date of its article."""
        return Sentence(simplified(f"{self.heading} {self.article.date}".strip()), self.before + simplified(self.text))

    @property
    def heading(self) -> str:
        """Returns the headline under which it is read, with the name of the paper: a local paper does not name its place in every
        story.
        """
        return f"{self.article.paper} {headline(self.article)}".strip()

    @cached_property
    def before(self) -> str:
        """Returns what the reader is shown before the sentence."""
        if self.passage.field == "byline":
            return _BYLINE
        if self.passage.field == "credit":
            return f"{simplified(self.article.captions[self.passage.item].text)} {_CREDIT}".strip()
        caption = table_caption(self.article.text, self.start) if self.is_row else ""
        return f"{simplified(caption)} " if caption else ""

    @property
    def is_row(self) -> bool:
        """Tells whether it is a row of a table."""
        return self.passage.field == "text" and CELLS in self.text

    @property
    def span(self) -> Span:
        """Returns the most probable answer span, in characters of ``text``."""
        assert self.span_scores is not None, "the piece was not read"
        best, shift = self.span_scores.best(), len(self.before)
        return replace(best, start=max(0, best.start - shift), end=max(0, best.end - shift))

    def probability(self, start: int, end: int) -> float:
        """Returns the probability that the answer overlaps ``text[start:end]``, given that this sentence answers."""
        assert self.span_scores is not None, "the piece was not read"
        shift = len(self.before)
        return self.span_scores.probability(start + shift, end + shift)


def choose_pieces(
    retriever: Retriever, reader: Reader, query: Query, hits: Sequence[Hit], settings: Answering
) -> list[CandidateSentence]:
    """Reads the most promising sentences of the hits and returns them by score, best first.

    Sentences that can only report another period than the one asked about come last. Articles that mention fewer of the
    places and names in the question than others are left out.
    """
    about = filter_by_places(hits, query.places, by_sound=query.language == "en")
    likely = _preselected(retriever, query, _signed_as_asked(about), settings.read_sentences)
    shown = [piece.read_as for piece in likely]
    forms = _question_forms(query, shown)
    scored_spans = reader.read(forms[0], shown).scores
    told = [_of_period(query, piece, scores) for piece, scores in zip(likely, scored_spans, strict=True)]
    read = [replace(piece, margin=scores.margin, span_scores=scores) for piece, scores in zip(likely, told, strict=True)]
    best = sorted((replace(piece, score=score_of(piece)) for piece in read), key=lambda piece: (not piece.timely, -piece.score))
    first = settings.evidence_sentences
    return [replace(piece, log_odds_alone=_margin_alone(reader, forms, query, piece)) for piece in best[:first]] + best[first:]


def _question_forms(query: Query, shown: Sequence[Sentence]) -> list[str]:
    """Returns the reader's forms of the question: for English the question and its translation together, then each alone."""
    asked = simplified(query.localised or query.question)
    asked = with_translations(asked, query.terms, [f"{one.title}{one.text}" for one in shown])
    return [f"{asked} {query.chinese}", asked, query.chinese] if query.chinese else [asked]


def _margin_alone(reader: Reader, forms: Sequence[str], query: Query, piece: CandidateSentence) -> float:
    """Returns the mean log odds of a sentence read by itself, over the forms of the question."""
    read = [reader.read(asked, [piece.read_as]).scores[0] for asked in forms]
    return float(np.mean([_of_period(query, piece, scores).margin for scores in read]))


def score_of(piece: CandidateSentence) -> float:
    """Returns the reader's log odds plus the weighted sum of the other features."""
    return piece.margin + sum(weight * float(getattr(piece, name)) for name, weight in fitted()["sentence"].items())


@cache
def fitted() -> Mapping[str, Mapping[str, float]]:
    """Loads the weights fitted by ``training/calibrate.py``: of the features of a sentence and of an answer."""
    text = resources.files(__package__).joinpath("fitted.json").read_text(encoding="utf-8")
    weights: Mapping[str, Mapping[str, float]] = json.loads(text)
    return weights


def filter_by_places(hits: Sequence[Hit], scope: Sequence[str], *, by_sound: bool = False) -> list[Hit]:
    """Keeps the hits of the articles that mention the largest number of some places, in their text or in the masthead of their page.

    So a question about one place is not answered from an article about another. Articles that name no town are kept if their page is
    about these places; ``[]`` if no article mentions any. ``by_sound``: a name that sounds the same is a mention, as of the names of an
    English question only the sound is known.

    >>> hit = Hit(1, 1.0, Passage("x", "a", "", 0, 0), Article("a", "p", "d", "随州开工"))
    >>> filter_by_places([hit], ["随州"]) == [hit], filter_by_places([hit], ["苏州"])
    (True, [])
    >>> local = Hit(1, 1.0, hit.passage, Article("b", "p", "d", "我市新桥开工", masthead="苏州日报"))
    >>> filter_by_places([hit, local], ["苏州"]) == filter_by_places([hit, local], ["宿州"], by_sound=True) == [local]
    True
    >>> beside = Hit(1, 1.0, hit.passage, Article("c", "p", "d", "桥面有三条车道。"))  # of the same page as ``hit``
    >>> filter_by_places([hit, beside], ["随州"]) == [hit, beside]
    True
    """
    if not scope:
        return list(hits)
    articles = {hit.article.article_id: hit.article for hit in hits}
    mentions = {name: _count_mentions(article, scope, by_sound) for name, article in articles.items()}
    most = max(mentions.values(), default=0)
    meant = {name for name, count in mentions.items() if most and count == most}
    about = meant | {name for name, article in articles.items() if name not in meant and _is_about_page(article, articles, meant)}
    return [hit for hit in hits if hit.article.article_id in about]


def _is_about_page(article: Article, articles: Mapping[str, Article], meant: Collection[str]) -> bool:
    """Tells whether an article that names no town is about that of its page: the only one that the other articles there name."""
    if article.source.lower().endswith(_ARCHIVES):
        return False
    beside = [one for one in articles.values() if (one.source, one.page) == (article.source, article.page)]
    return any(one.article_id in meant for one in beside) and all(
        one.article_id in meant or not names_town(f"{headline(one)} {one.text}") for one in beside)


def _count_mentions(article: Article, scope: Sequence[str], by_sound: bool) -> int:
    captions = " ".join(caption.text + caption.credit for caption in article.captions)
    story = article.links.story if article.links else ""
    about = f"{article.paper} {article.masthead} {article.section} {story} {headline(article)} {article.byline}"
    whole = fold(f"{about} {article.text} {captions}")
    return sum(fold(name) in whole or (by_sound and bool(homophones(name).search(whole))) for name in scope)


def _may_report_period(query: Query, piece: CandidateSentence) -> bool:
    """Returns the time of a cell is told by its row and its header together: a row may report the period if one of its cells may.
    """
    period = query.period
    if period is None:
        return True
    if piece.is_row:
        return len(of_other_times(piece.text, period, piece.article.date)[0]) < piece.text.count(CELLS)
    return period.can_be_reported_in(piece.text, piece.passage.text, piece.article.date)


def _of_period(query: Query, piece: CandidateSentence, scores: SentenceScores) -> SentenceScores:
    """Returns the scores of a sentence without what is only shown before it; of a row of a table also without its cells of another
    time than the one asked about: none of these answers.
    """
    shift = len(piece.before)
    scores = scores.excluding([(0, shift)])
    if query.period is None or not piece.is_row or not piece.timely:
        return scores
    barred, lost = ([(cell.start + shift, cell.end + shift) for cell in some]
                    for some in of_other_times(piece.text, query.period, piece.article.date))
    return scores.excluding([(0, shift), *barred], lost)


def _named_rows(query: Query, pieces: Sequence[CandidateSentence]) -> list[CandidateSentence]:
    """Returns the sentences, of each table only the rows that the question names, if it names any."""
    question = f"{query.localised or query.question} {query.chinese}"
    named = {id(piece): is_named(piece.text, question) for piece in pieces if piece.is_row}
    tables = {piece.article.article_id for piece in pieces if named.get(id(piece))}
    return [piece for piece in pieces if piece.article.article_id not in tables or named.get(id(piece), True)]


def _preselected(retriever: Retriever, query: Query, hits: Sequence[Hit], limit: int) -> list[CandidateSentence]:
    """Returns the ``limit`` best sentences by the features known before reading, and all bylines and credits, in the order of their
    articles.

    Sentences that can only report another period than the one asked about fill up places that others leave.
    """
    scored = _scored(retriever, query, hits)
    ranked = sorted(scored, key=lambda piece: (not piece.timely, -score_of(piece)))
    likely = ranked[:limit] + [piece for piece in ranked[limit:] if piece.passage.field in SIGNATURES]
    articles = list(dict.fromkeys(piece.article.article_id for piece in likely))
    return sorted(likely, key=lambda p: (articles.index(p.article.article_id), p.passage.field, p.passage.item, p.start))


def _scored(retriever: Retriever, query: Query, hits: Sequence[Hit]) -> list[CandidateSentence]:
    """Returns the sentences of some hits with their features; of a table whose rows the question names only these rows."""
    vectors, best = retriever.vectors(query), max((hit.score for hit in hits), default=0.0)
    pieces = _named_rows(query, [piece for hit in hits for piece in _sentences_of(retriever, hit, vectors, hit.score - best)])
    shares = retriever.coverage(query.match_terms, [f"{piece.passage.context} {piece.text}" for piece in pieces])
    return [replace(piece, word_overlap=share, timely=_may_report_period(query, piece))
            for piece, share in zip(pieces, shares, strict=True)]


def _signed_as_asked(hits: Sequence[Hit]) -> list[Hit]:
    """Returns the hits, with the bylines and photo credits of the article that search finds first, and without those of others: who
    asks for an author tells of the article, and another one's author is never the answer.

    >>> bridge, road = Article("a", "p", "d", "大桥通车。", byline="石磊"), Article("b", "p", "d", "公路通车。", byline="张三")
    >>> hits = [Hit(1, 2.0, Passage("x", "a", "大桥通车。", 0, 5), bridge)]
    >>> hits += [Hit(2, 1.0, Passage("y", "b", "张三", 0, 2, "byline"), road)]
    >>> [hit.passage.text for hit in _signed_as_asked(hits)]
    ['大桥通车。', '石磊']
    """
    told = [hit for hit in hits if hit.passage.field not in SIGNATURES]
    if not told:
        return list(hits)
    signatures = [passage for passage in passages_of(told[0].article) if passage.field in SIGNATURES]
    return told + [replace(told[0], passage=passage) for passage in signatures]


def _sentences_of(retriever: Retriever, hit: Hit, vectors: np.ndarray, passage_score: float) -> Iterable[CandidateSentence]:
    """Yields the sentences of a passage with the z-scores of their vectors.

    A byline or credit has that of its passage, which holds the headline too: a question about an author names the article.
    """
    store = retriever.store
    for row, start, end in store.archive.sentences_of(hit.passage.passage_id):
        text = hit.passage.text[start - hit.passage.start : end - hit.passage.start]
        if is_link(text):
            continue
        is_signature = hit.passage.field in SIGNATURES
        table, place = (store.passages, store.archive.sentence_places([row])[row][0]) if is_signature else (store.sentences, row)
        near = float(np.mean([table.score(vector, place) for vector in vectors]))
        yield CandidateSentence(hit.article, hit.passage, start, end, text, similarity=near, passage_score=passage_score)
