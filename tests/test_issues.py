"""An issue is more than a page: stories that run over several pages are joined, and what is told twice is searched once."""

from __future__ import annotations

import pytest

from rag.index import build as building
from rag.pages import read_articles
from rag.pages.issues import join_issues
from rag.records import source_spans

FRONT = """2024年7月10日 星期三 第1版

## 青溪新渠全线通水 三万亩稻田得灌溉

本报讯 7月9日,青溪县新渠全线通水。新渠全长九公里,由青溪水利公司承建,总投资4.2亿元,沿线设闸门16座,
(下转第3版)

## 南站月底启用

南站将于9月30日启用,站房面积八千平方米。(详见第3版)

## 东湖灯会开幕

本报讯 东湖灯会7月9日开幕,展出灯组120组。
""".replace("16座,\n", "16座,")
INNER = """2024年7月10日 星期三 第3版

## 青溪新渠全线通水

(上接第1版)可灌溉稻田三万亩。水利公司负责人说,新渠的闸门由青溪机械厂制造,明年再修支渠27公里。

## 南站9月30日启用

本报讯 记者从铁路部门获悉,南站将于9月30日启用,站房面积八千平方米,设站台6座,每日停靠列车88列。公交线路同日开通,
旅客可在站前广场换乘,停车场有车位一千个。南站启用后,原东站停办客运,改作货场。铁路部门提醒旅客留意车票上的站名。
""".replace("开通,\n", "开通,")


def write_issue(folder, day="2024-07-10", front=FRONT, inner=INNER):
    folder.mkdir(exist_ok=True)
    files = [folder / f"{day}_{number}.txt" for number in ("01", "03")]
    for file, text in zip(files, (front, inner), strict=True):
        file.write_text(text.replace("2024年7月10日", f"2024年7月{int(day[-2:])}日"), encoding="utf-8")
    return files


def read_issue(files):
    return join_issues(article for file in files for article in read_articles(file))


def by_text(articles, words):
    return next(article for article in articles if words in article.text)


def stories(rag):
    return rag.retriever.store.archive.listed("", "", 0, 100)[1]


def test_a_story_that_jumps_is_linked_with_its_rest(tmp_path):
    articles = read_issue(write_issue(tmp_path / "paper"))
    first, rest = by_text(articles, "全长九公里"), by_text(articles, "支渠")
    assert (first.page, first.jump.to, rest.page, rest.jump.back) == ("1", "3", "3", "1")
    assert first.links.continued_in == rest.article_id and rest.links.continues == first.article_id
    assert first.links.story == rest.links.story == first.title
    assert first.source != rest.source, "each part keeps its own file"


def test_a_pointer_is_told_once(tmp_path):
    articles = read_issue(write_issue(tmp_path / "paper"))
    pointer, story = by_text(articles, "详见第3版"), by_text(articles, "88列")
    assert pointer.links.told_in == story.article_id and story.links is None
    assert by_text(articles, "灯组").links is None


def test_a_pointer_whose_story_is_missing_stays(tmp_path):
    files = write_issue(tmp_path / "paper", inner=INNER[: INNER.index("## 南站")])
    assert by_text(read_issue(files), "详见第3版").links is None


@pytest.mark.parametrize("inner", [
    INNER.replace("## 青溪新渠全线通水\n\n", ""),  # no headline inside
    INNER.replace("## 青溪新渠全线通水\n\n(上接第1版)", "## 青溪新渠全线通水(上接第1版)\n\n"),
    INNER.replace("## 青溪新渠全线通水\n\n(上接第1版)", "## (上接第一版)\n\n"),
    INNER.replace("(上接第1版)", ""),  # the jump line is lost
    "## 某村修桥\n\n本报讯 某村昨日修桥一座。\n\n" + INNER.replace("## 青溪新渠全线通水\n\n", "")])  # in the middle of a page
def test_the_rest_is_found_however_it_is_headed(tmp_path, inner):
    articles = read_issue(write_issue(tmp_path / "paper", inner=inner))
    first, rest = by_text(articles, "全长九公里"), by_text(articles, "支渠")
    assert rest.links and rest.links.continues == first.article_id
    assert "某村" not in rest.text


def test_pages_of_other_days_and_undated_pages_are_not_joined(tmp_path):
    front = write_issue(tmp_path / "paper", "2024-07-10")[0]
    inner = write_issue(tmp_path / "paper", "2024-07-11")[1]
    assert all(article.links is None for article in read_issue([front, inner]))
    undated = tmp_path / "first.txt", tmp_path / "third.txt"
    for file, text in zip(undated, (FRONT, INNER), strict=True):
        file.write_text(text.replace("2024年7月10日 星期三", ""), encoding="utf-8")
    assert all(article.links is None for article in read_issue(undated))


def test_a_jump_line_without_its_other_part_joins_nothing(tmp_path):
    inner = "2024年7月10日 星期三 第3版\n\n## 丁镇收麦\n\n(上接第2版)丁镇今年收麦三千吨,比去年多一成。\n"
    assert all(article.links is None for article in read_issue(write_issue(tmp_path / "paper", inner=inner)))


def test_the_pages_of_one_file_are_joined_too(tmp_path):
    file = tmp_path / "issue.txt"
    file.write_text(f"{FRONT}\n\n{INNER}", encoding="utf-8")
    articles = read_issue([file])
    first, rest = by_text(articles, "全长九公里"), by_text(articles, "支渠")
    assert (first.page, rest.page, rest.links.continues) == ("1", "3", first.article_id)


def test_search_finds_the_rest_under_the_headline_of_the_story_and_cites_its_own_page(open_rag, pages):
    write_issue(pages)
    rag = open_rag()
    hit = next(hit for hit in rag.search("三万亩稻田得灌溉 支渠") if "支渠" in hit.passage.text)
    assert "三万亩稻田得灌溉" in hit.passage.context and hit.article.source.endswith("_03.txt")
    page = (pages / "2024-07-10_03.txt").read_text(encoding="utf-8")
    spans = source_spans(hit.article.runs["text"], hit.passage.start, hit.passage.end)
    assert "".join(page[a:b] for a, b in spans) == hit.passage.text.replace("\n", "")
    assert not any("详见" in hit.passage.text for hit in rag.search("南站启用"))


@pytest.mark.parametrize("at", [0, 1])
def test_links_follow_a_page_that_is_added_removed_or_changed(open_rag, pages, at):
    files = write_issue(pages)
    text = files[at].read_text(encoding="utf-8")
    files[at].unlink()
    rag = open_rag()
    assert all(article.links is None for article in stories(rag))
    files[at].write_text(text, encoding="utf-8")
    assert rag.build().joined
    assert sum(article.links is not None for article in stories(rag)) == 3
    files[at].write_text(text.replace("九公里", "十公里").replace("27公里", "28公里"), encoding="utf-8")
    rag.build()
    joined = {article.article_id: article for article in stories(rag)}
    rest = by_text(joined.values(), "支渠")
    assert joined[rest.links.continues].links.continued_in == rest.article_id
    assert not rag.build().has_changes
    files[at].unlink()
    rag.build()
    assert all(article.links is None for article in stories(rag))


MIDDLE = INNER.replace("第3版", "第2版", 1).split("## 南站")[0].replace("## 青溪新渠全线通水\n\n", "").replace(
    "27公里。", "27公里,\n(下转第3版)").replace("27公里,\n", "27公里,")
LAST = "2024年7月10日 星期三 第3版\n\n(上接第2版)并把闸门换成电动的。青溪水利公司说,新渠的闸门由机械厂保养。\n"


def test_an_archive_that_grew_is_the_same_as_one_made_at_once(open_rag, pages):
    rag = open_rag()
    for number, text in (("03", LAST), ("01", FRONT.replace("下转第3版", "下转第2版")), ("02", MIDDLE)):
        (pages / f"2024-07-10_{number}.txt").write_text(text, encoding="utf-8")
        rag.build()
    assert sum(article.links is not None for article in stories(rag)) == 3
    (pages / "2024-07-10_01.txt").unlink()
    rag.build()
    grown = {article.article_id: article for article in stories(rag)}
    rag.build(fresh=True)
    assert {article.article_id: article for article in stories(rag)} == grown


def test_a_page_that_turns_out_to_be_of_another_day_leaves_its_issue(open_rag, pages):
    rag = open_rag()
    files = [file.rename(pages / f"page{file.stem[-2:]}.txt") for file in write_issue(pages)]  # the masthead alone tells the day
    rag.build()
    assert sum(article.links is not None for article in stories(rag)) == 3
    files[1].write_text(INNER.replace("7月10日", "7月11日", 1), encoding="utf-8")
    rag.build()
    assert all(article.links is None for article in stories(rag))


def test_a_pointer_keeps_its_pictures_in_search(open_rag, pages):
    photo = "(详见第3版)\n\n建设者在南站安装电梯36部。 林小满 摄\n"
    rag = open_rag()
    write_issue(pages, front=FRONT.replace("(详见第3版)\n", photo))
    rag.build()
    assert any(article.links and article.links.told_in for article in stories(rag))
    assert "电梯36部" in rag.search("南站 电梯")[0].passage.text


def test_a_build_that_dies_before_it_joins_is_taken_up(open_rag, pages, monkeypatch):
    rag = open_rag()
    write_issue(pages)
    monkeypatch.setattr(building, "join_touched", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        rag.build()
    monkeypatch.undo()
    monkeypatch.setattr("rag.answer.choose.fitted", dict)
    assert len(rag.build().joined) == 2


def test_the_command_shows_the_pages_of_an_issue_joined(tmp_path, capsys):
    from rag.doors.cli import main

    files = [str(file) for file in write_issue(tmp_path / "paper")]
    assert main(["articles", *files]) == 0
    out = capsys.readouterr().out
    assert "goes on in “青溪新渠全线通水”, page 3" in out and "only points to “南站9月30日启用”" in out
    assert "breaks off" not in out
    assert main(["articles", files[0]]) == 0
    assert "⟨breaks off⟩" in capsys.readouterr().out


def test_the_desk_leads_from_a_part_to_the_next(open_rag, pages):
    from rag.doors.server.reading import _linked

    class Opened:
        rag = open_rag()

    write_issue(pages)
    Opened.rag.build()
    first = by_text(stories(Opened.rag), "全长九公里")
    (other,) = _linked(Opened, first)
    assert (other["how"], other["page"], other["headline"]) == ("continued_in", "3", "青溪新渠全线通水")


@pytest.mark.parametrize("without", [FRONT, INNER])
def test_milvus_keeps_the_links_too(open_rag, config, pages, without):
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'wenbao[milvus]'")
    from fakes import BagEmbedder

    from rag import Rag
    from rag.config import Store
    from rag.index.store.milvus import disconnect

    open_rag()
    address = str(config.index.dir.parent / "archive.db")
    rag = Rag.open(config.model_copy(update={"store": Store(backend="milvus", address=address)}))
    rag.embedder = BagEmbedder()
    files = write_issue(pages)
    rag.build()
    assert sum(article.links is not None for article in stories(rag)) == 3
    files[[FRONT, INNER].index(without)].unlink()
    assert rag.build().joined and all(article.links is None for article in stories(rag))
    disconnect(address)


def test_a_citation_of_the_rest_points_into_its_own_file(open_rag, pages):
    write_issue(pages)
    rag = open_rag(read="27公里")
    answer = rag.ask("青溪新渠明年再修支渠多少公里?")
    assert not answer.refused and answer.citations[0].source.endswith("_03.txt")
    assert all(check.holds for check in rag.verify(answer.to_dict()))
