"""How a part of a question is put to the archive: searched within the weeks in which its time is reported, and read by reader and
generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.answer.choose import CandidateSentence, choose_pieces
from rag.answer.confidence import answer_features, chance, sureness
from rag.answer.locate import Located, is_refusal, located_draft
from rag.answer.prompts import read_prompt
from rag.answer.read import last, read_pieces
from rag.config import Answering
from rag.gather.candidates import chance_of, fitted
from rag.gather.plan import SubQuestion
from rag.generate import Draft, Generator, complete
from rag.language.when import When
from rag.reader import Reader
from rag.records import Filter, Hit
from rag.search.query import Query
from rag.search.retrieve import Retriever

_TELLING, _NEAR, _ANYWHERE = 12, 8, 6  # passages with a figure of the time asked about, among the reports of it, and in all
_LOOKED_AT = 12  # sentences for each such number of passages
_READ_ALONE = 6  # of the likeliest sentences, which are read by themselves too
_SHOWN = 3  # sentences that the generator reads for one figure
_LONGEST = 60  # tokens of the words that answer
_TAKEN = 0.4  # probability from which a sentence is taken to answer
_STEPS = 4  # times that later (or earlier) reports are looked for
_DAY = len("2023-04-01")
_REPORTED_WITHIN = 60  # days after a month or quarter has ended


@dataclass(frozen=True)
class SubQuestionReader:
    """Retrieves and reads the evidence for one sub-question."""

    retriever: Retriever
    reader: Reader
    generator: Generator
    parse: Callable[[str], Query]
    settings: Answering
    check: Callable[[], None] = lambda: None  # raises once nobody waits for the answer any more

    def read(
        self, term: SubQuestion, asked: Query, sentences: int, alone: int = _READ_ALONE, within: Filter | None = None
    ) -> list[CandidateSentence]:
        """Returns the likeliest sentences to answer a term of a question, read; the first of them are read by themselves too."""
        return self._chosen(term, asked, self._hits(term, asked, sentences // _LOOKED_AT, within), sentences, alone)

    def words(self, term: SubQuestion, pieces: Sequence[CandidateSentence]) -> Sequence[Located]:
        """Returns what the generator takes for the answer in the likeliest sentences of a term."""
        shown = [piece for piece in pieces if piece.timely][:_SHOWN]
        draft = complete(self.generator, read_prompt(term.question, shown), max_tokens=_LONGEST, stop=("\n",))
        return () if is_refusal(draft) else located_draft(draft, shown).located

    def look_up(self, term: SubQuestion, asked: Query) -> tuple[Located, float] | None:
        """Returns the words that answer a term, as one sentence tells it, and the probability that they are right."""
        settings = self.settings
        pieces = [piece for piece in self.read(term, asked, settings.read_sentences, settings.evidence_sentences) if piece.timely]
        if not pieces:
            return None
        self.check()
        found = last(read_pieces(self.generator, self.query(term, asked), pieces, settings, _LONGEST))
        best = found.located[0].piece
        inside = [one for one in found.located if one.piece is best]
        whole = Located(best, min(one.start for one in inside), max(one.end for one in inside))
        return whole, chance(answer_features(pieces, found))

    def survey(
        self, term: SubQuestion, asked: Query, sentences: int, alone: int, within: Filter | None = None
    ) -> list[CandidateSentence]:
        """Returns the likeliest sentences, each judged by itself by reader and generator (``alone``): all that answer are wanted.
        """
        return self._judged(term.question, self.read(term, asked, sentences, alone, within))

    def _judged(self, question: str, pieces: Sequence[CandidateSentence]) -> list[CandidateSentence]:
        """Returns the sentences that were read by themselves, with what the generator takes for the answer in each; where it finds
        nothing, the log odds that the sentence answers are less.
        """
        weights, judged = fitted()["sentence"], []
        for piece in pieces:
            piece = replace(piece, log_odds_alone=weights["constant"] + weights["read"] * piece.log_odds_alone)
            if answers(piece):
                self.check()
                draft = Draft(self.generator.write(read_prompt(question, [piece]), max_tokens=_LONGEST, stop=("\n",)))
                text = "".join(draft)
                if is_refusal(text):
                    piece = replace(piece, log_odds_alone=piece.log_odds_alone + weights["surely"] * sureness(draft.log_probability))
                else:
                    words = located_draft(text, [piece]).located
                    piece = replace(piece, generator_spans=tuple((one.start, one.end) for one in words))
            judged.append(piece)
        return judged

    def search_later_or_earlier(
        self, term: SubQuestion, asked: Query, sentences: int, alone: int, *, later: bool
    ) -> list[CandidateSentence]:
        """Reads the likeliest sentences, then searches up to four times for reports later (or earlier) than all that answer so far.

        One sentence may answer for the latest figure, so the generator is asked what was asked.
        """
        question = term.asked if later else term.question
        pieces = self._judged(question, self.read(term, asked, sentences, alone))
        found = pieces
        for _ in range(_STEPS):
            days = [piece.article.date for piece in found if answers(piece) and len(piece.article.date) == _DAY]
            if not days:
                break
            edge = max(days) if later else min(days)
            next_day = date.fromisoformat(edge) + timedelta(1 if later else -1)
            only = Filter(since=next_day.isoformat()) if later else Filter(until=next_day.isoformat())
            found = self._judged(question, self._chosen(term, asked, self._hits(term, asked, 1, only), _LOOKED_AT, _READ_ALONE))
            pieces = [*pieces, *found]
        return sorted(pieces, key=lambda piece: (not piece.timely, -piece.score))

    def _chosen(self, term: SubQuestion, asked: Query, hits: Sequence[Hit], sentences: int, alone: int) -> list[CandidateSentence]:
        self.check()
        settings = self.settings.model_copy(update={"read_sentences": sentences, "evidence_sentences": alone})
        return choose_pieces(self.retriever, self.reader, self.query(term, asked), hits, settings)

    def query(self, term: SubQuestion, asked: Query) -> Query:
        """Returns the query of a term as the generator words it, with the places of the question if it names none; one in English is
        read as it was asked too.
        """
        if asked.language == "en" and term.asked and term.asked != term.question:
            return replace(self.parse(term.asked), chinese=term.question)
        query = self.parse(term.question)
        return query if query.places else replace(query, places=asked.places)

    def _hits(self, term: SubQuestion, asked: Query, times: int, within: Filter | None = None) -> list[Hit]:
        """Passages of the time in which that of the term is reported first, by both wordings of the question; or of another time."""
        ways = [self.parse(term.question)]
        if term.asked and term.asked != term.question:
            ways.append(self.parse(term.asked))
        elif asked.language == "en":
            ways.append(asked)
        only = publication_window(term.when) if term.when and term.when.year else Filter()
        plans = [(_TELLING + _NEAR, within or Filter())] if within or not only else [
            (_TELLING, figures_of_period(term.when)), (_NEAR, only), (_ANYWHERE, Filter())]
        found = [hit for k, chosen in plans for way in ways for hit in self._found(way, times * k, chosen)]
        return list({hit.passage.passage_id: hit for hit in reversed(found)}.values())[::-1]

    def _found(self, query: Query, k: int, only: Filter) -> Sequence[Hit]:
        return self.retriever.hits(query, self.retriever.channels(query, only), k)


def answers(piece: CandidateSentence) -> bool:
    """Tells whether a sentence is taken to answer, read by itself."""
    return piece.timely and chance_of(piece.log_odds_alone) >= _TAKEN


def figures_of_period(when: When | None) -> Filter:
    """Returns the filter for passages with a figure of a period.

    >>> figures_of_period(When(2023, 4, 4)).telling
    ('2023-04-01', '2023-04-30')
    """
    period = when.period if when else None
    return Filter(telling=(period.start.isoformat(), period.end.isoformat()) if period else ("", ""))


def publication_window(when: When) -> Filter:
    """Returns the filter for articles dated from the start of a period to 60 days after its end, when it is reported.

    >>> publication_window(When(2023, 4, 4))
    Filter(since='2023-04-01', until='2023-06-29', source='', mentioning=(), telling=('', ''))
    """
    period = when.period
    assert period is not None, "a time without a year is reported at any time"
    return Filter(since=period.start.isoformat(), until=(period.end + timedelta(_REPORTED_WITHIN)).isoformat())
