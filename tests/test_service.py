"""The library behind the doors: turns, stopping, sources that come and go, corrections, spans that move."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from rag.config import Chat
from rag.doors.service import Busy, Library, NoIndex, Queued, TooMany, spans
from rag.doors.service import sources as pages
from rag.doors.service.queue import FairQueue
from rag.errors import QuestionError, SourceError, StoppedError, StoreError
from rag.records import Answer, EvidenceFound, Filter

ASKED = "甲镇今年新开工多少座桥梁?"


@pytest.fixture
def library(open_rag):
    opened = Library(open_rag(read="47座", translate="", render="", rewrite="", term=""))
    opened.start()
    yield opened
    opened.close()


def settle(library: Library) -> None:
    """Waits until every build that was begun has ended."""
    library._builder.submit(lambda: None).result(timeout=30)


# -- turns ------------------------------------------------------------------------------------------------------


def test_clients_take_turns_and_each_waits_behind_its_own_questions():
    queue = FairQueue()
    first, *others = [queue.enter("a") for _ in range(3)]
    late = queue.enter("b")
    assert [first.position, *(place.position for place in others), late.position] == [0, 1, 3, 2]
    first.leave()
    others[0].leave()
    assert late.position == 0


def test_a_place_is_left_once_and_for_all():
    queue = FairQueue()
    first, second = queue.enter("a"), queue.enter("b")
    first.leave()
    first.leave()
    assert second.position == 0 and queue.waiting == 0 and queue.serving == 1


def test_a_full_queue_and_a_greedy_client_are_refused():
    queue = FairQueue(limit=2, per_client=1)
    queue.enter("a")
    queue.enter("a")
    with pytest.raises(TooMany):
        queue.enter("a")
    queue.enter("b")
    with pytest.raises(Busy):
        queue.enter("c")


# -- asking -----------------------------------------------------------------------------------------------------


async def told(library: Library, question: str = ASKED, client: str = ""):
    return [event async for event in library.ask(question, (), client)]


def test_an_answer_comes_after_its_evidence(library):
    events = asyncio.run(told(library))
    assert isinstance(events[0], EvidenceFound) and isinstance(events[-1], Answer) and "47座" in events[-1].text


def test_who_waits_sees_the_evidence_once_and_is_told_the_position(library):
    async def both():
        return await asyncio.gather(told(library, client="a"), told(library, client="b"))

    first, second = asyncio.run(both())
    assert isinstance(second[0], Queued) and second[0].position == 1
    assert sum(isinstance(event, EvidenceFound) for event in second) == 1 and isinstance(second[-1], Answer)
    assert not any(isinstance(event, Queued) for event in first)


def eventually(holds, seconds: float = 30) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_who_leaves_frees_the_place(library):
    going, go_on = threading.Event(), threading.Event()

    def slowly(prompt):
        going.set()
        go_on.wait(10)
        return "47座"

    async def leave():
        await library.until_searchable()
        settle(library)
        library.rag.generator.says["read"] = slowly
        asking = asyncio.create_task(told(library))
        await asyncio.get_running_loop().run_in_executor(None, going.wait, 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        go_on.set()
        library.rag.generator.says["read"] = "47座"
        return await told(library, client="b")

    assert isinstance(asyncio.run(leave())[-1], Answer)
    eventually(lambda: library.queue.serving == 0)


def test_what_is_no_question_takes_no_place(library):
    with pytest.raises(QuestionError):
        asyncio.run(told(library, "???"))
    assert library.queue.serving == library.queue.waiting == 0


def test_without_an_index_everything_says_so_and_a_build_mends_it(open_rag, config):
    rag = open_rag(read="47座", translate="", render="", rewrite="", term="")
    (config.index.dir / "manifest.json").unlink()
    rag.__dict__.pop("retriever", None)
    library = Library(rag)
    library.start()
    settle(library)
    with pytest.raises(NoIndex, match="rag build"):
        asyncio.run(told(library))
    assert library.state()["status"] == "no_index"
    library.build()
    settle(library)
    assert library.state()["status"] == "ready" and isinstance(asyncio.run(told(library))[-1], Answer)
    library.close()


# -- sources and corrections --------------------------------------------------------------------------------------


def add(library: Library, name: str, text: str) -> list[str]:
    folder = library.rag.config.index.dir
    home = pages.incoming(pages.take_in([(name, text.encode())], folder), folder)
    kept = library.add(home, [item.name for item in pages.preview(home) if item.error is None])
    settle(library)
    return kept


def test_a_file_that_takes_too_long_names_the_setting(tmp_path):
    home = pages.incoming(pages.take_in([("甲.txt", "甲村修路。".encode())], tmp_path), tmp_path)
    [read] = pages.preview(home, 0)
    assert not read.articles and "chat.read_seconds" in read.error


def test_a_page_is_added_asked_removed_and_restored(library):
    [name] = add(library, "../../上.txt", "# 丙村修路\n\n丙村今年修路九公里。\n")
    search = library.rag.search
    assert search("丙村修路")[0].article.title == "丙村修路"
    library.remove(name)
    settle(library)
    assert all(hit.article.title != "丙村修路" for hit in search("丙村修路"))
    assert [row["removed"] for row in asyncio.run(library.sources())] == [False, False, True]
    library.restore(name)
    settle(library)
    assert search("丙村修路")[0].article.title == "丙村修路"


def test_a_page_sent_twice_is_kept_once(library):
    assert add(library, "上.txt", "# 丙村修路\n\n丙村修路九公里。\n") == add(library, "下.txt", "# 丙村修路\n\n丙村修路九公里。\n")


def test_the_last_source_stays(library):
    first, second = [row["name"] for row in asyncio.run(library.sources())]
    library.remove(first)
    settle(library)
    with pytest.raises(SourceError, match="only source"):
        library.remove(second)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a.exe", "", "....txt", "\x00.txt"])
def test_files_without_a_name_that_can_be_read_are_refused_or_renamed(name, tmp_path):
    try:
        token = pages.take_in([(name, b"text")], tmp_path)
    except SourceError:
        return
    [file] = pages.incoming(token, tmp_path).iterdir()
    assert file.parent.parent == tmp_path / pages.INCOMING and file.name[0].isalnum()


@pytest.mark.parametrize("token", ["", "..", "../../x", "a" * 24])
def test_tokens_that_were_not_given_open_nothing(token, tmp_path):
    with pytest.raises(SourceError, match="send the files again"):
        pages.incoming(token, tmp_path)


def test_a_correction_is_kept_apart_carried_by_the_receipt_and_taken_back(library):
    article = library.rag.search("甲镇新桥")[0].article
    library.correct(article, {"title": "甲镇四十七桥", "date": "2024-07-06"})
    settle(library)
    answer = library.rag.ask(ASKED)
    assert answer.citations[0].title == "甲镇四十七桥" and answer.citations[0].corrected == {"date": "", "title": "甲镇新桥开工"} | {
        "date": article.date}
    assert library.rag.article(article.article_id).date_from == "hand"
    assert all(check.holds for check in library.rag.verify(answer.to_dict()))
    library.correct(library.rag.article(article.article_id), {"title": None, "date": None})
    settle(library)
    assert library.rag.article(article.article_id) == article


# -- search and spans ---------------------------------------------------------------------------------------------


def test_facets_count_the_articles_that_hold_the_words(library):
    def find():
        return asyncio.run(library.find("桥梁", 10, Filter(), "relevance"))

    eventually(lambda: find().facets["persons"])  # the names of an archive are read beside its opening
    found = find()
    assert (found.total, found.complete) == (1, True)
    assert [month["month"] for month in found.facets["months"]] == ["2024-07"]
    assert "石磊" in [person["name"] for person in found.facets["persons"]]


def test_a_search_is_narrowed_to_articles_that_mention_a_name(library):
    found = asyncio.run(library.find("今年", 10, Filter(mentioning=("张三",)), "date"))
    assert {hit.article.title for hit in found.hits} == {"甲镇新桥开工"}


def test_a_span_is_found_again_where_it_went(library):
    article = library.rag.search("甲镇新桥")[0].article
    place = spans.find_again("新开工桥梁47座", [article], "text", 0, 8)
    assert place is not None and place.moved and article.text[place.start : place.end] == "新开工桥梁47座"
    assert spans.find_again("新开工桥梁48座", [article], "text", 0, 8) is None


def test_spans_of_a_field_that_is_not_there_are_refused(library):
    article = library.rag.search("甲镇新桥")[0].article
    with pytest.raises(StoreError):
        spans.checked_span(article, "caption", 3, 0, 1)
    with pytest.raises(StoreError):
        spans.checked_span(article, "text", 0, 5, 2)


def test_the_questions_to_begin_with_are_those_that_the_archive_answers(open_rag):
    rag = open_rag(read=lambda prompt: "无" if "火星" in prompt.user else "47座", render="", rewrite="", term="")
    rag.config = rag.config.model_copy(update={"chat": Chat(examples=(ASKED, "火星上住着多少位宇航员?"))})
    library = Library(rag)
    library.start()
    settle(library)
    library._names.submit(lambda: None).result(timeout=60)
    assert library.state()["examples"] == [ASKED]
    library.close()


def test_a_question_that_nobody_waits_for_is_not_answered(library):
    settle(library)
    with pytest.raises(StoppedError):
        list(library.rag.stream(ASKED, stopped=lambda: True))


def test_an_index_that_another_process_built_is_opened(library, pages, open_rag):
    settle(library)
    (pages / "roads.md").write_text("# 丙村修路\n\n丙村今年修路九公里。\n", encoding="utf-8")
    open_rag(read="47座")  # builds the same folder
    assert library.rag.search("丙村修路")[0].article.title != "丙村修路"
    library.state()
    settle(library)
    assert library.rag.search("丙村修路")[0].article.title == "丙村修路"
