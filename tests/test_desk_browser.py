"""The desk in a real browser, with the real models: what a journalist does with it, and whether everybody can."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import ROOT, SEED

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.models, pytest.mark.skipif(BROWSER is None, reason="no browser; tests/browser.sh installs one")]

SUIZHOU_EN = "how many projects did Suizhou start?"
SUIZHOU_ZH = "随州高新区今年新开工多少个项目?"
EVIDENCE = "今年以来,随州高新区新开工项目47个"
NEW_PAGE = "# 丙村修路\n\n本报讯 2024年8月2日,丙村今年修路九公里,总投资三百万元。路边种树四百棵。\n"
NEW_ASKED = "丙村今年修路多少公里?"
ENDED = "#turns section.turn.done, #turns section.turn.failed"
SHOTS = os.environ.get("WENBAO_SCREENSHOTS", "")  # a folder: every view is kept there as a picture


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A server of its own over a copy of the seed page."""
    home = tmp_path_factory.mktemp("desk")
    (home / "pages").mkdir()
    shutil.copy(SEED, home / "pages")
    (home / "config.yaml").write_text(
        f"source: {{paths: [pages]}}\nindex: {{dir: index}}\nchat: {{port: 0, examples: ['{SUIZHOU_EN}', '{SUIZHOU_ZH}']}}\n",
        encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "rag"]
    subprocess.run([*command, "build", "--config", home / "config.yaml"], check=True, cwd=ROOT, capture_output=True)
    serve = [*command, "serve", "--config", str(home / "config.yaml")]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            opened = server.stdout.readline().split()[0]
            until_ready(opened)
            yield opened
        finally:
            server.terminate()


def until_ready(address: str, articles: int = 0) -> None:
    """Waits until the models are loaded, no build is under way, and the index has so many articles (0: any number).

    Asked from here: in the page, a promise would pass for a yes.
    """
    while True:
        told = httpx.get(f"{address}/api/health", timeout=60).json()
        if told["status"] == "ready" and not told["progress"] and articles in (0, told["index"]["articles"]):
            return
        time.sleep(0.1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(chromium, address) -> Iterator[object]:
    """Opens the desk; at the end nothing was written to the console and nothing was asked of another host."""
    faults, contexts = [], []

    def opened(path: str = "/", **options: object) -> object:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "accept_downloads": True,
                                          "permissions": ["clipboard-read", "clipboard-write"], **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" and "404" not in line.text else None)
        page.on("request", lambda request: None if request.url.startswith((address, "blob:", "data:")) else faults.append(request.url))
        page.goto(address + path)
        page.wait_for_function("() => document.querySelector('#status')?.innerText")  # the scripts are at work
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults


def ask(page: object, question: str) -> object:
    """Asks, and waits for the end of the last exchange."""
    before = page.locator(ENDED).count()
    page.fill("#question", question)
    page.keyboard.press("Enter")
    page.wait_for_function("([ended, n]) => document.querySelectorAll(ended).length > n", arg=[ENDED, before])
    return page.locator("#turns section.turn").last


def marked(page: object) -> str:
    """The highlighted words of the reading pane."""
    page.wait_for_selector("#pane-body mark")
    return "".join(page.locator("#pane-body mark").all_inner_texts())


@pytest.mark.parametrize("question", [SUIZHOU_EN, SUIZHOU_ZH])
def test_the_citation_of_an_answer_opens_its_article_at_the_quotation(open_page, question):
    page = open_page()
    turn = ask(page, question)
    assert "47" in turn.locator(".answer-text").inner_text()
    turn.locator(".answer-text .chip").first.click()
    assert marked(page).startswith(EVIDENCE) and page.locator("#pane-body mark").first.is_visible()
    assert "随州高新区奋力挺进全国百强" in page.locator("#pane-body").inner_text()


def test_the_raw_page_shows_the_same_words(open_page):
    page = open_page()
    ask(page, SUIZHOU_ZH).locator(".answer-text .chip").first.click()
    marked(page)
    page.get_by_role("button", name="Raw page").click()
    page.wait_for_selector("#pane-body .raw mark")
    assert re.sub(r"\s", "", marked(page)).startswith(EVIDENCE)


def test_a_follow_up_is_understood_and_a_reload_keeps_the_conversation(open_page):
    page = open_page()
    ask(page, "随州高新区4月集中开工多少个重点项目?")
    turn = ask(page, "总投资额是多少?")
    assert "63.2亿元" in turn.locator(".answer-text").inner_text()
    page.reload()
    page.wait_for_selector("#turns section.turn")
    assert page.locator("#turns section.turn").count() == 2 and "63.2亿元" in page.locator("#turns").inner_text()
    page.locator("#new-conversation").click()
    assert page.locator("#turns section.turn").count() == 0
    page.locator("#conversations button").first.click()
    page.wait_for_selector("#turns section.turn")
    assert page.locator("#turns section.turn").count() == 2


def test_what_the_archive_does_not_say_is_refused_with_the_nearest_evidence(open_page):
    page = open_page()
    turn = ask(page, "火星上住着多少位宇航员?")
    assert turn.locator(".answer.refused").count() == 1 and turn.locator(".quotation").count() <= 1


def test_stop_ends_the_work_and_the_next_question_is_answered(open_page):
    page = open_page()
    page.fill("#question", "Which industries do the projects signed by the Suzhou High-tech Zone cover, and who wrote about them?")
    page.keyboard.press("Enter")
    page.locator("#stop").dispatch_event("click")  # at once: a click would wait until the button has stopped moving
    page.wait_for_selector("#turns section.turn.stopped")
    assert "47" in ask(page, SUIZHOU_ZH).locator(".answer-text").inner_text()


def test_a_page_is_added_asked_removed_and_then_refused(open_page, tmp_path, address):
    page = open_page("/#/archive")
    (tmp_path / "丙村.txt").write_text(NEW_PAGE, encoding="utf-8")
    page.set_input_files("#add-files", str(tmp_path / "丙村.txt"))
    page.locator("#add-now").click()
    page.wait_for_function("() => document.querySelector('#sources')?.innerText.includes('丙村')")
    page.goto(page.url.split("#")[0] + "#/ask")
    assert "九公里" in ask(page, NEW_ASKED).locator(".answer-text").inner_text()
    page.goto(page.url.split("#")[0] + "#/archive")
    row = page.locator("#sources li", has_text="丙村")
    row.get_by_role("button", name=re.compile("^Remove")).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.locator(".toast").first.wait_for()
    until_ready(address, articles=6)
    page.goto(page.url.split("#")[0] + "#/ask")
    assert "九公里" not in ask(page, NEW_ASKED).locator(".answer-text").inner_text()


def test_a_permalink_shows_the_answer_with_its_checks(open_page):
    page = open_page()
    turn = ask(page, SUIZHOU_ZH)
    turn.get_by_role("button", name="Permalink").click()
    link = turn.locator(".kept a").inner_text()
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector("#view-answer .answer-text")
    assert "47个" in page.locator("#view-answer").inner_text()


@pytest.mark.parametrize(("kind", "begins"), [("Markdown", "# 随州".encode()), ("JSON", b"{"), ("Word", b"PK")])
def test_an_answer_is_exported(open_page, kind, begins):
    page = open_page()
    turn = ask(page, SUIZHOU_ZH)
    turn.locator("[data-menu=export]").click()
    with page.expect_download() as download:
        turn.locator(".menu-list").get_by_text(kind, exact=True).click()
    assert Path(download.value.path()).read_bytes().startswith(begins)


def test_search_finds_as_one_types_and_opens_the_passage(open_page):
    page = open_page("/#/search")
    page.locator("#search-box").press_sequentially("随州 新开工项目", delay=20)
    page.wait_for_selector("#results mark")
    page.locator("#results .hit a.headline").first.click()
    page.wait_for_selector("#pane-body mark")


def test_scripts_in_a_page_its_name_and_a_question_stay_text(open_page, tmp_path, address):
    evil = "<img src=x onerror=\"document.title='broken'\">"
    page = open_page("/#/archive")
    (tmp_path / "x<img src=x>.txt").write_text(f"# {evil}\n\n丁村{evil}种树三棵。丁村种树三棵。\n", encoding="utf-8")
    page.set_input_files("#add-files", str(tmp_path / "x<img src=x>.txt"))
    page.locator("#add-now").click()
    until_ready(address, articles=7)
    page.goto(page.url.split("#")[0] + "#/ask")
    turn = ask(page, f"丁村种树多少棵?{evil}")
    if turn.locator(".chip").count():
        turn.locator(".chip").first.click()
        page.wait_for_selector("#pane-body mark")
    assert page.title() != "broken" and page.locator("#turns img, #pane-body img").count() == 0


# -- answers that were gathered -----------------------------------------------------------------------------------

FIGURES = ("47个", "37个", "22个", "17个")
BUTTON = "Only look it up"


@pytest.fixture(scope="module")
def gathered(address) -> dict:
    """An answer that was worked out from four figures of the page, with a fifth that no report has."""
    citations = [cited(address, figure, number) for number, figure in enumerate(FIGURES, 1)]
    rows = []
    for citation, figure, month in zip(citations, FIGURES, (1, 2, 4, 5), strict=True):
        at = citation["quote"].index(figure)
        rows.append({"label": f"2024年{month}月", "period": f"2024-{month:02}", "value": figure[:-1], "shown": figure, "kind": "number",
                     "unit": "个", "citations": [citation["number"]], "start": at, "end": at + len(figure), "chance": 0.9})
    derived = {"operation": "sum", "rows": [0, 1, 2, 3], "value": "123", "kind": "number", "unit": "个", "shown": "123个"}
    return {"question": "2024年1月至5月一共多少个?", "language": "zh", "answer": "合计123个。2024年1月47个[1]。", "refused": False,
            "citations": citations, "figures": [], "times": [], "warnings": [], "seconds": {"gather": 1.0, "total": 1.5}, "chance": 0.9,
            "operation": "sum", "parts": [f"2024年{month}月多少个?" for month in range(1, 6)], "rows": rows, "derived": derived,
            "missing": ["2024年3月"], "signature": "none", "answer_id": "none"}


def cited(address: str, figure: str, number: int) -> dict:
    """A passage of the page that holds a figure, as a citation."""
    found = httpx.get(f"{address}/api/search", params={"q": f"随州高新区 项目 {figure}", "k": 50}, timeout=60).json()["hits"]
    hit = next(hit for hit in found if hit["field"] == "text" and figure in hit["text"])
    names = ("article_id", "passage_id", "title", "source", "date", "field", "item", "start", "end", "byline")
    return {**{name: hit[name] for name in names}, "number": number, "quote": hit["text"], "source_spans": []}


def open_gathered(open_page: object, answer: dict, **options: object) -> tuple[object, list[dict]]:
    """The desk at a server whose answer is given, and what it was asked."""
    page, asked = open_page(**options), []

    def answered(route: object) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(json=answer)

    page.route("**/api/ask", answered)
    ask(page, answer["question"])
    return page, asked


def test_the_figures_of_a_gathered_answer_open_their_articles_at_the_figure(open_page, gathered):
    page, _ = open_gathered(open_page, gathered)
    part = page.locator(".gathered")
    assert part.locator("summary").inner_text() == "Worked out from 1 report"
    part.locator("summary").click()
    assert part.locator(".plan li").all_inner_texts() == gathered["parts"]
    assert [" ".join(row.split()) for row in part.locator("tbody tr").all_inner_texts()][2] == "2024年3月 — no report"
    assert part.locator("tbody tr.taken").count() == 4 and "123个" in part.locator("tfoot").inner_text()
    part.locator("tbody .chip").nth(1).click()
    assert marked(page) == "37个"
    page.locator("#pane-next").click()
    page.wait_for_function("() => document.querySelector('#pane-body mark')?.innerText === '22个'")


def test_a_chart_tells_its_figures_to_the_pointer_and_to_the_keyboard_and_breaks_where_one_is_missing(open_page, gathered):
    page, _ = open_gathered(open_page, gathered)
    plot = page.locator(".gathered svg.plot")
    assert plot.locator("circle").count() == 4 and plot.locator("polyline").count() == 2
    assert "Highest: 2024年1月 47个" in plot.get_attribute("aria-label") and "No report: 2024年3月" in plot.get_attribute("aria-label")
    spots = page.locator(".gathered .spot")
    spots.nth(0).hover()
    assert page.locator(".readout").inner_text() == "2024年1月 47个"
    spots.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert spots.nth(1).get_attribute("aria-label") == "2024年2月: 37个" and page.locator(".readout").inner_text() == "2024年2月 37个"
    page.keyboard.press("Enter")
    assert marked(page) == "37个"


def test_things_that_are_no_times_are_drawn_as_bars_and_two_of_them_not_at_all(open_page, gathered):
    places = [{**row, "label": label, "period": ""} for row, label in zip(gathered["rows"], "甲乙丙丁", strict=True)]
    page, _ = open_gathered(open_page, {**gathered, "rows": places, "missing": ["戊"]})
    assert page.locator(".gathered rect").count() == 4 and page.locator(".gathered .spot").count() == 5
    two = {**gathered, "rows": places[:2], "missing": [], "derived": None}
    page, _ = open_gathered(open_page, two)
    assert page.locator(".gathered tbody tr").count() == 2 and page.locator(".gathered svg.plot").count() == 0
    mixed = {**gathered, "rows": [{**places[0], "kind": "percent"}, *places[1:]], "derived": None}
    page, _ = open_gathered(open_page, mixed)
    assert page.locator(".gathered svg.plot").count() == 0


def test_a_question_is_asked_again_without_working_out(open_page, gathered):
    page, asked = open_gathered(open_page, gathered)
    assert "operation" not in asked[0]
    with page.expect_request("**/api/ask"):
        page.get_by_role("button", name=BUTTON).click()
    page.wait_for_selector("#turns section.turn.done")
    assert asked[1]["operation"] == "lookup" and asked[1]["question"] == asked[0]["question"]
    with page.expect_request("**/api/ask"):
        page.get_by_role("button", name="Ask again").click()
    page.wait_for_selector("#turns section.turn.done")
    assert "operation" not in asked[2] and page.locator("#turns section.turn").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_gathered_answer_has_no_serious_fault_for_people_with_other_means(open_page, gathered, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    for name, answer in (("line", gathered), ("bars", {**gathered, "rows": [{**row, "period": ""} for row in gathered["rows"]]})):
        page, _ = open_gathered(open_page, answer, viewport={"width": width, "height": 900}, color_scheme=theme)
        page.locator(".gathered summary").click()
        page.locator(".gathered .spot").first.focus()
        page.locator(".gathered").scroll_into_view_if_needed()
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{width}-{theme}-gathered-{name}.png")
        grave = [fault for fault in Axe().run(page).response["violations"] if fault["impact"] in ("serious", "critical")]
        assert not [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in grave]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# -- for everyone -------------------------------------------------------------------------------------------------

VIEWS = {"ask": "#/ask", "search": "#/search", "archive": "#/archive", "notes": "#/notes"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_view_has_a_serious_fault_for_people_with_other_means(open_page, theme, width):
    """axe-core: no violation of level serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(viewport={"width": width, "height": 900 if width > 600 else 844}, color_scheme=theme)
    faults = []

    def look(name: str) -> None:
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{width}-{theme}-{name}.png")
        found = Axe().run(page).response["violations"]
        grave = [fault for fault in found if fault["impact"] in ("serious", "critical")]
        faults.extend((name, fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in grave)

    page.wait_for_selector("#question")
    look("start")
    turn = ask(page, SUIZHOU_ZH)
    look("answer")
    turn.locator(".answer-text .chip").first.click()
    marked(page)
    look("article")
    page.get_by_role("button", name="Raw page").click()
    page.wait_for_selector("#pane-body .raw mark")
    look("raw")
    page.locator("#pane-close").click()
    for name, place in VIEWS.items():
        page.goto(page.url.split("#")[0] + place)
        page.wait_for_selector(f"#view-{name}:not([hidden])")
        if name == "archive":
            page.wait_for_selector("#articles .card")
        if name == "search":
            page.fill("#search-box", "随州 项目")
            page.wait_for_selector("#results mark")
        look(name)
    page.locator("#help").click()
    look("help")
    assert not faults


def press_until_focused(page, key: str, name: str) -> None:
    """Presses a key until an element has the focus: on a busy machine the page is shown before it listens."""
    for _ in range(100):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.id") == name:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{key} does not lead to #{name}")


def test_everything_is_reached_by_keyboard_and_in_chinese(open_page):
    page = open_page(locale="zh-CN")
    page.wait_for_selector("#question")
    assert page.evaluate("document.documentElement.lang").startswith("zh") and "提问" in page.locator("#tab-ask").inner_text()
    press_until_focused(page, "/", "question")
    page.keyboard.type(SUIZHOU_ZH)
    page.keyboard.press("Enter")
    page.wait_for_selector("#turns[aria-busy=false] section.turn.done .chip")
    page.locator(".answer-text .chip").first.focus()
    page.keyboard.press("Enter")
    assert marked(page).startswith(EVIDENCE)
    page.keyboard.press("Escape")
    page.locator("#pane").wait_for(state="hidden")
