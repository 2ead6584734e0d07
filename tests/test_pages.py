"""Damaged pages become true articles, and every character keeps its place."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.pages import articles_of, iter_archive, read_articles, read_page, read_text
from rag.pages.aligned import with_bars

SEED = Path(__file__).parent.parent / "seeds" / "000_3629daf696c96df6.txt"

PAGE = """综合

## 青河县
## 新渠通水惠及三千农户

本报讯 7月5日,青河县东岭水渠建成通水,沿线三千农户的八万亩稻田用上了清洁的河



图片来源:青河日报

图为东岭水渠通水现场。

水,稻农们奔走相告。

青河县水利局表示,东岭水渠全长42公里,由县里和12个乡镇共同投资建成,明年还将延长。 林小满

## 北山中学学生造出风力车

▶ 本报记者 石磊

北山中学的五名学生用废旧材料造出一辆风力车,在市里的比赛上获得第一名。

指导老师说,风力车的车身用旧水管做成,北山中学将开设风力车课程。

2024年7月10日 星期三 第5版
"""


def spelled(page, runs):
    return "".join(page[r.source : r.source + r.end - r.start] for r in runs)


def check_places(page):
    """Each field is spelled by its runs, and every printed character stands in exactly one place."""
    read = read_page(page, "页.txt")
    places = Counter()
    for article in read.articles:
        for name, runs in article.runs.items():
            field = getattr(article, name)
            assert all(field[r.start : r.end] == page[r.source : r.source + r.end - r.start] for r in runs)
            assert spelled(page, runs) == field.replace("\n", "")
            places.update(k for r in runs for k in range(r.source, r.source + r.end - r.start))
        for caption in article.captions:
            assert (spelled(page, caption.runs), spelled(page, caption.credit_runs)) == (caption.text, caption.credit)
            places.update(k for r in (*caption.runs, *caption.credit_runs) for k in range(r.source, r.source + r.end - r.start))
    for start, end, why in read.furniture:
        assert why
        places.update(k for k in range(start, end) if not page[k].isspace())
    printed = {k for k, c in enumerate(page) if not c.isspace() and c not in "\ufeff\u200b\u200c\u200d"}
    assert printed - set(places) == set()
    assert [k for k, n in places.items() if n > 1 and k in printed] == []
    return read.articles


def test_every_character_of_the_seed_page_has_one_place():
    assert len(check_places(SEED.read_text("utf-8"))) == 6


def test_page_with_kicker_caption_author_and_header_is_read():
    first, second = check_places(PAGE)
    assert (first.section, first.kicker, first.title) == ("综合", "青河县", "新渠通水惠及三千农户")
    assert (first.byline, second.byline) == ("林小满", "本报记者 石磊")
    assert [(c.text, c.credit) for c in first.captions] == [("图为东岭水渠通水现场。", "青河日报")]
    assert "清洁的河水,稻农们" in first.text and first.joints[0].kind == "cut"
    assert second.text.count("\n") == 1


def test_dates_come_from_masthead_file_name_and_dateline_in_this_order():
    assert [(a.date, a.date_from) for a in articles_of(PAGE, "页.txt")] == [("2024-07-10", "masthead")] * 2
    story = "## 新桥通车\n\n新华社北京2024年7月5日电 甲镇新桥通车。"
    assert [articles_of(story, name)[0].date for name in ("清河日报_2024-07-09.txt", "页.txt")] == ["2024-07-09", "2024-07-05"]


def test_cut_inside_a_number_is_rejoined():
    (article,) = articles_of("## 水渠通水\n\n青河县今年共修水渠1\n\n200公里,比去年多修了三成。", "页.txt")
    assert "1200公里" in article.text


def test_columns_out_of_order_are_put_back():
    title = "## 山城图书馆夜间开放\n\n▶ 石磊\n\n"
    tail = "者排起了长队,图书馆因此延长开放到零点。\n\n馆长表示,图书馆今后还会增加座位,让更多人夜里有书读。\n\n"
    head = "近日,山城图书馆开始夜间开放,市民下班后也能借书。\n\n图书馆夜间开放的第一天,许多读"
    (article,) = check_places(title + tail + head)
    assert article.text.startswith("近日,山城图书馆") and "许多读者排起了长队" in article.text
    assert [j.kind for j in article.joints] == ["displaced"] and article.joints[0].confidence < 1


def test_photo_story_that_a_column_cuts_in_two_stays_one_story():
    story = "图片来源:青河日报\n\n青河县稻田里的秧苗长势喜人,农技员正在田间查看水\n\n稻的分蘖情况,指导农户追肥。图为田间指导现场。"
    first, photo = check_places(f"## 新渠通水\n\n本报讯 7月5日,水渠建成通水。 林小满\n\n\n\n{story}")
    assert "查看水稻的分蘖情况" in photo.text and not photo.title
    assert [(c.text, c.credit) for c in photo.captions] == [("", "青河日报")]
    assert "秧苗" not in first.text


def test_name_that_the_lexicon_does_not_know_may_begin_a_sentence():
    from rag.pages.ngram_model import lexicon
    from rag.pages.seams import page_seams

    texts = ["习凿说,水渠通水了。习凿说,稻田有水了。", "习凿说,农户很高兴。"]
    alone, among = page_seams(lexicon(), texts[1:]), page_seams(lexicon(), texts)
    assert among.begins(texts[1]) > alone.begins(texts[1])
    assert among.continues("清洁的河", texts[1]) < alone.continues("清洁的河", texts[1])


LONG = "这条水渠全长十二公里,从山脚的水库引水,经过七个村,灌溉两岸的稻田和果园,工程前后用了三年,由各村的农户和县里的施工队一起修成。" * 3


@pytest.mark.parametrize(("label", "section", "kicker"), [
    ("要闻", "要闻", ""),  # a usual name
    ("三农", "三农", ""),  # the story does not say it
    ("水渠", "", "水渠"),  # the story says it
    ("河北", "", "河北"),  # a place
])
def test_a_short_label_above_a_headline_is_a_section_unless_the_story_says_it_or_it_is_a_place(label, section, kicker):
    [article] = articles_of(f"## {label}\n\n## 新渠通水惠及三千农户\n\n▶ 林小满\n\n7月5日,水渠通水。{LONG}", "页.txt")
    assert (article.section, article.kicker, article.title) == (section, kicker, "新渠通水惠及三千农户")


@pytest.mark.parametrize(("heading", "section", "is_title"), [
    ("县里计划扩建水库", "水利局介绍,青河县今年修渠。\n\n为了灌溉更多稻田,县里计划扩建水库,明年动工。", False),
    ("石磊在北山中学授课", "7月6日,省里的技师石磊在北山中学授课时说,风力车的车身可以用旧水管做成,同学们都能学会。", True),
])
def test_heading_made_of_clauses_of_its_section_divides_an_article(heading, section, is_title):
    articles = articles_of(f"## 新渠通水惠及三千农户\n\n▶ 林小满\n\n7月5日,水渠通水。{LONG}\n\n## {heading}\n\n{section}", "页.txt")
    assert (heading in [a.title for a in articles]) == is_title


def test_heading_over_columns_out_of_order_begins_an_article():
    before = "## 新渠通水惠及三千农户\n\n▶ 林小满\n\n7月5日,水渠通水。\n\n渠水流进了稻田,稻农们奔走相告。" + LONG + "\n\n"
    tail = "## 书馆夜间开放到零点 市民下班去借书\n\n者排起了长队,图书馆因此延长开放到零点。\n\n馆长表示,图书馆今后还会增加座位。\n\n"
    head = "本报讯 山城图书馆开始夜间开放,市民下班后也能借书。\n\n图书馆夜间开放的第一天,许多读"
    first, second = check_places(before + tail + head)
    assert second.title.startswith("书馆夜间") and "许多读者排起了长队" in second.text and "图书馆" not in first.text


LEAD = ["7月3日,清溪镇稻田养鱼示范基地举行开镰仪式,首批稻田养鱼示范户领到了奖金。", "清溪镇去年开始推广稻田养鱼,示范基地已经有两千亩。"]
REST = ["镇农技站站长说,稻田养鱼的鱼苗由镇里统一采购。", "示范户还可以向信用社申请贷款。", "明年,清溪镇准备把基地扩大到三千亩。"]


@pytest.mark.parametrize(("shown", "kinds"), [(REST + LEAD, ["displaced"]), (LEAD + REST, [])])
def test_columns_that_break_between_paragraphs_are_put_back_and_ordered_ones_stay(shown, kinds):
    title = "## 清溪镇稻田养鱼示范基地开镰\n\n▶ 石磊\n\n"
    (article,) = check_places(title + "\n\n".join(shown))
    assert article.text.split("\n") == LEAD + REST and [j.kind for j in article.joints] == kinds


def test_story_that_breaks_off_is_marked_truncated():
    first, second = articles_of("## 甲镇修桥\n\n甲镇的新桥开工,桥长三百米,预计明\n\n## 乙镇种树\n\n本报讯 乙镇种树。", "页.txt")
    assert first.truncated and not second.truncated


def test_subheading_stays_inside_its_article():
    text = "# 甲镇修桥\n\n甲镇修桥已经三年。\n\n## 桥长三百米\n\n甲镇的桥长三百米。\n\n# 乙镇种树\n\n乙镇今年种树五万棵。"
    first, second = articles_of(text, "页.md")
    assert first.text == "甲镇修桥已经三年。\n## 桥长三百米\n甲镇的桥长三百米。" and second.title == "乙镇种树"


def test_list_lines_are_not_glued():
    text = "# 采购单\n\n- 大米三袋\n- 面粉两袋\n- 食盐一包"
    (article,) = check_places(text)
    assert article.text.split("\n") == ["- 大米三袋", "- 面粉两袋", "- 食盐一包"]


def test_text_without_headings_comes_through_unharmed():
    text = "山里的春天来得晚。\n\n四月才见桃花。\n\n村民说,这样也好。"
    (article,) = check_places(text)
    assert article.text == text.replace("\n\n", "\n") and article.title == ""


@pytest.mark.parametrize("data", [PAGE.encode(), PAGE.encode("utf-8-sig"), PAGE.encode("gb18030", "ignore"),
                                  PAGE.encode("utf-16")])
def test_encodings_of_newspaper_files_are_recognised(tmp_path, data):
    path = tmp_path / "页.txt"
    path.write_bytes(data)
    assert [a.title for a in read_articles(path)] == ["新渠通水惠及三千农户", "北山中学学生造出风力车"]


@pytest.mark.parametrize("data", [b"", b" \n", bytes(range(256)) * 9, b"\x00\x01" * 99])
def test_empty_and_binary_files_are_refused_with_their_name(tmp_path, data):
    path = tmp_path / "坏.txt"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"坏\.txt"):
        read_text(path)


@pytest.mark.parametrize("name", ["无.txt", "无.pdf", "无.docx", "无.jsonl", "无.xls"])
def test_missing_and_foreign_files_are_refused_with_their_name(tmp_path, name):
    with pytest.raises(SourceError, match="无"):
        read_articles(tmp_path / name)


def test_html_headings_and_paragraphs_are_read(tmp_path):
    path = tmp_path / "页.html"
    path.write_text("<html><head><title>x</title></head><body><h1>新桥通车</h1><p>甲镇的新桥<b>昨天</b>通车。</p>"
                    "<div><p>车流不断。</p></div><script>x()</script></body></html>", "utf-8")
    (article,) = read_articles(path)
    assert (article.title, article.text) == ("新桥通车", "甲镇的新桥昨天通车。\n车流不断。")


def test_docx_headings_and_paragraphs_are_read(tmp_path):
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("新桥通车", 1)
    document.add_paragraph("甲镇的新桥昨天通车。")
    document.save(tmp_path / "页.docx")
    (article,) = read_articles(tmp_path / "页.docx")
    assert (article.title, article.text) == ("新桥通车", "甲镇的新桥昨天通车。")


def test_pdf_text_is_read_without_loss(tmp_path):
    pytest.importorskip("pypdfium2")
    canvas = pytest.importorskip("reportlab.pdfgen.canvas")
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    pdf = canvas.Canvas(str(tmp_path / "页.pdf"))
    pdf.setFont("STSong-Light", 12)
    for row, line in enumerate(["甲镇的新桥昨天通车,两岸", "村民不必再坐渡船。", "新桥长三百米。"]):
        pdf.drawString(72, 800 - 20 * row, line)
    pdf.save()
    (article,) = read_articles(tmp_path / "页.pdf")
    assert article.text == "甲镇的新桥昨天通车,两岸村民不必再坐渡船。\n新桥长三百米。"


def test_archive_reports_bad_lines_and_keeps_the_rest(tmp_path):
    path = tmp_path / "档.jsonl.gz"
    good = {"doc_id": "d1", "title": "题", "text": "文。\n第二段", "date": "2024-01-02"}
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(good, ensure_ascii=False) + "\n{坏\n" + json.dumps({"doc_id": "d2", "title": "题"}) + "\n")
    one, two, three = iter_archive(path)
    assert (one.doc_id, one.text, one.date, one.date_from) == ("d1", "文。\n第二段", "2024-01-02", "archive")
    assert "line 2" in str(two) and "line 3" in str(three) and "text" in str(three)
    with pytest.raises(SourceError, match="line 2"):
        read_articles(path)


def test_ten_thousand_headings_are_kept():
    articles = articles_of("\n\n".join(f"## 第{n}节" for n in range(10_000)), "页.md")
    assert sum(len(a.text) + len(a.title) + len(a.kicker) for a in articles) >= 40_000


def test_page_of_one_endless_line_is_kept():
    text = "山里的春天来得晚。" * 30_000
    assert "".join(a.text for a in articles_of(text, "页.txt")) == text


PIECES = st.sampled_from(["## ", "# ", "\n", "\n\n", "\n\n\n\n", "图片来源:", "图为山村。", "本报讯 ", "。",
                          " 苏某", "(下转第3版)", "(上接第一版)", "▶ 本报记者 石磊",
                          " 石磊 摄", "山里的春天", "来得晚", "-", " ", "12", "“", "”", "\ufeff", "\x0b"])


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_no_page_loses_or_invents_a_character(page):
    check_places(page)


def test_no_column_break_is_looked_for_inside_a_table():
    from rag.pages.assembly import _possible_moves
    from rag.pages.pieces import BodyBlock, Region

    rows = [BodyBlock(n, f"镇 {name}镇 | 产量 {n}", (), row=True) for n, name in enumerate("甲乙丙", 1)]
    pieces = [BodyBlock(0, "各镇公布产量。", ()), *rows, BodyBlock(4, "产量由各镇统计。", ())]
    assert {move.start for move in _possible_moves([Region(pieces=pieces)])} == {4}


STORY = "本报讯 城西水库昨天开闸,下游三个镇的田都浇上了水,渔民也开始收网。水利局局长苏敏说,这是十年来最早的一次。"
BRIEF = "本报讯 首批摊位设在渡口广场东侧步道,由社区统一编号,周六晚六点开市,摊主凭号入场。"


@pytest.mark.parametrize("head", ["沙洲都市报　2023年7月12日　星期三　法治", "**早报** 2023年7月12日 农历五月廿五",
                                  "沙洲水利信息\n2023年7月12日", "# 沙洲时报\n\n2023年7月12日 | 教育"])
def test_the_name_of_the_paper_is_no_article_and_gives_every_story_its_date(head):
    page = f"{head}\n\n# 城西水库开闸\n\n{STORY}\n\n# 夜市又热闹起来\n\n{BRIEF}\n"
    assert [(a.title, a.date) for a in articles_of(page, "页.md")] == [("城西水库开闸", "2023-07-12"), ("夜市又热闹起来", "2023-07-12")]


@pytest.mark.parametrize(("head", "paper"), [("沙洲都市报 2023年7月12日 星期三 法治", "沙洲都市报"), ("第5版 2023年7月12日", "")])
def test_an_article_knows_the_paper_at_the_head_of_its_page(head, paper):
    [article] = articles_of(f"{head}\n\n# 城西水库开闸\n\n{STORY}\n", "页.md")
    assert article.paper == paper and article.to_dict()["paper"] == (paper or None)


def test_headings_of_a_plain_text_are_found_without_marks():
    page = f"沙洲日报 2023年7月12日\n\n城西水库开闸\n本报记者 何一川\n\n{STORY}\n\n夜市又热闹起来\n\n{BRIEF}\n"
    assert [a.title for a in articles_of(page, "页.txt")] == ["城西水库开闸", "夜市又热闹起来"]


@pytest.mark.parametrize("gap", ["\t", "     "])
def test_a_table_set_with_tabs_or_spaces_is_a_table(tmp_path, gap):
    rows = ["水库 2023年库容(万立方米) 水位", "赤峡 18600 152.4米", "龙湾 14200 138.7米", "双石 9700 96.5米"]
    page = f"# 四座水库腾出库容\n\n{STORY}\n\n" + "\n".join(row.replace(" ", gap) for row in rows) + "\n"
    (tmp_path / "页.txt").write_text(page, encoding="utf-8")
    [article] = read_articles(tmp_path / "页.txt")
    assert "水库 龙湾 | 2023年库容(万立方米) 14200 | 水位 138.7米" in article.text
    trains = "车次   到点    开点\nK7   06:42   06:48\nD31   ——   08:17\nG16   10:03   10:05\n".replace("   ", gap)
    (tmp_path / "页.txt").write_text(f"# 列车改点\n\n{STORY}\n\n{trains}", encoding="utf-8")
    assert "车次 D31 | 到点 —— | 开点 08:17" in read_articles(tmp_path / "页.txt")[0].text
    names = "甲村     王某     李某\n乙村     赵某     钱某\n丙村     孙某     周某\n"
    (tmp_path / "页.txt").write_text(f"# 名单\n\n{STORY}\n\n{names}", encoding="utf-8")
    assert " | " not in read_articles(tmp_path / "页.txt")[0].text


STORIES = (
    ("石桥镇新渠通水", "石桥镇的新渠4月2日通水,全长12公里。镇里的三千亩麦田当天就浇上了水。"),
    ("老街夜市周末开张", "从本周六起,老街夜市每晚六时营业到十一时,设摊位86个。"),
    ("中学生登山赛落幕", "六所学校的214名学生参加了登山赛,三中的队伍最快登顶。"),
)


@pytest.mark.parametrize("mark", ["", "# "])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_short_stories_of_a_plain_page_are_articles_each(mark, between):
    stories = "\n\n".join(f"{mark}{title}{between}{text}" for title, text in STORIES)
    found = articles_of(f"清河日报　2024年4月5日　第3版\n\n{stories}\n", "page.txt")
    assert [(article.title, article.text) for article in found] == list(STORIES)


@pytest.mark.parametrize("line", ["吴桐/文", "文/吴桐", "文/吴桐 图/李晓"])
def test_a_line_with_a_slash_names_the_author(line):
    (title, text), *_ = STORIES
    [article] = articles_of(f"清河日报 2024年4月5日 第3版\n\n{title}\n{line}\n{text}\n", "page.txt")
    named = line.removeprefix("文/") if " " not in line else line
    assert (article.title, article.byline, article.text) == (title, named, text)


def test_a_page_of_nothing_but_marks_is_read():
    assert articles_of("> \n> ", "mail.txt") is not None
    scan = "黑石岭矿工报\n一九五七年四月十一日第三版\n三号井创出新纪录\n锡矿三号井小组三月份掘进一百一十八公尺,比计划多。"
    assert [(a.title, a.date) for a in articles_of(scan, "a.txt")] == [("三号井创出新纪录", "1957-04-11")]


@pytest.mark.parametrize(("head", "paper"), [
    ("沁岭消息\n1998年11月6日 星期五 第三版", "沁岭消息"), ("清 江 日 报\n1998年11月6日 星期五", "清江日报"),
    ("云梯山索道五一假期运送情况\n1998年11月6日 星期五", ""), ("发件人:\n1998年11月6日 星期五", "")])
def test_a_short_line_above_the_date_is_the_name_of_the_paper(head, paper):
    story = "县城里的供热管道昨天按时通了水,五个小区两万多户居民家里暖和起来了,没有一处漏水。"
    article = articles_of(f"{head}\n\n县城按时供热\n{story}", "a.txt")[-1]
    assert (article.date, article.paper) == ("1998-11-06", paper)


ORNAMENTED = """青河日报　2016年5月9日　第4版

■稻农今年插秧早
　　本报记者 石磊
　　青河县稻农今年四月底就插秧,比去年早了九天。农技员说,今年开春以来雨水足,塘里的水也满。
　　插秧机全县共有310台,比去年多40台。

■县志馆征集老照片
　　通讯员 林小满
　　县志馆说,六十年以前的照片都收,原件可以当天取回。
"""


def test_an_ornament_marks_a_headline():
    first, second = check_places(ORNAMENTED)
    assert (first.title, first.byline) == ("稻农今年插秧早", "本报记者 石磊")
    assert (second.title, second.byline) == ("县志馆征集老照片", "通讯员 林小满")
    assert first.text.count("\n") == 1 and not second.text.startswith("通讯员")


def test_a_page_with_spaces_between_all_characters_is_read_with_its_short_lines():
    told = ["青河商報民國廿四年九月十七日星期二第二版", "新渠昨日放水兩岸稻田得灌溉", "記者石磊",
            "青河縣新渠昨日放水,兩岸稻田八百畝得到灌溉,農家莫不歡喜。渠長十一里,用工三", "萬個,費銀四千元,由縣府與農會各出一半。"]
    page = "{}\n\n{}\n\n{}\n\n{}\n{}\n".format(*(" ".join(line) for line in told))
    (article,) = check_places(page)
    assert (article.title, article.byline, article.paper, article.page) == (told[1], told[2], "青河商報", "2")
    assert article.date == "1935-09-17" and article.text == told[3] + told[4]


def test_columns_set_with_wide_spaces_are_a_table_also_where_their_cells_are_words():
    page = "戲碼:\n日期　　　戲名　　　票價\n二十日　　斷橋雪　　一元二角\n廿一日　　三盜鐘　　一元\n廿二日　　寒窯記　　九角\n照演。"
    rows = [line for line in with_bars(page).split("\n") if line.startswith("|")]
    assert rows[0] == "| 日期 | 戲名 | 票價 |" and rows[3] == "| 廿一日 | 三盜鐘 | 一元 |" and len(rows) == 5
    names = "张三　　李四　　王五\n赵六　　孙七　　周八\n吴九　　郑十　　冯二"
    assert with_bars(names) == names  # no column is counted
