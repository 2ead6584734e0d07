"""Recognises the set phrases of a newspaper page, in either script: credits, bylines, leads, page headers, continuation marks.

>>> credit_of("图片来源:某高新区")
(5, 9)
>>> is_byline("▶ 本报记者 叶某"), is_page_header("2024年7月10日 星期三 第5版")
(True, True)
"""

from __future__ import annotations

import re

from rag.language.text import simplified
from rag.pages.dates import WRITTEN_DATE, masthead_date

_NAME = r"[\u4e00-\u9fff·]{2,4}"
_NAMES = rf"{_NAME}(?:[ 、,，　]{{1,2}}{_NAME}){{0,4}}"
_ROLE = r"(?:(?:本报|本刊|新华社|特约|见习|实习|全媒体|首席|驻\S{2,4})*(?:记者|通讯员|评论员|撰稿人|特派员))"
_CREDIT = re.compile(r"(?:图片来源|图片提供|图源|图片|供图|摄影|制图)\s*[:：/]\s*(\S.{0,29})$")
_PHOTO_CREDIT = re.compile(rf"(?:{_ROLE}\s*)?({_NAME}(?:[ 、]{_NAME})?)\s*[/]?\s*(?:摄影报道|摄影|摄|供图|制图)[)）]?$")
_CAPTION_CREDIT = re.compile(rf"(?:(?<=[。！？!?”])|(?<=\s))\s*[（(]?(?:{_ROLE}\s*)?({_NAME}(?:[ 、]{_NAME})?)\s*(?:摄影|摄)[)）]?$")
_MARKS = "▶►■◎◆●□○◇▲△★☆"
_ARROW = re.compile(rf"[{_MARKS}]\s*\S[^。！？!?]{{0,34}}$")
_TOLD_BY = re.compile(r"(?:文|作者|撰文)\s*[/\uff0f:\uff1a]\s*")
_NAMES_ALONE = re.compile(_NAMES)
_BYLINE = re.compile(rf"(?:文[/／]\s*)?{_ROLE}\s*[:：]?\s*{_NAMES}(?:[ 、　]*{_ROLE}\s*[:：]?\s*{_NAMES})*\s*$"
                     rf"|(?:文|图文|文图)\s*[/／]\s*{_NAMES}(?:\s+(?:图|摄影|摄)\s*[/／]\s*{_NAMES})?\s*$"
                     rf"|{_NAMES}\s*[/／]\s*(?:文|图文|文图)(?:\s+{_NAMES}\s*[/／]\s*(?:图|摄影|摄))?\s*$"
                     r"|By\s+[A-Z][\w.'’-]+(?:\s+[A-Z][\w.'’-]+){1,3}\s*$")
_AUTHOR = re.compile(rf"(?<=[。！？!?…”’\"])(\s+(?:{_ROLE}\s*)?{_NAMES}|\s*[（(](?:{_ROLE}\s*)?{_NAMES}[)）])\s*$")
_LEAD = re.compile(r"本报讯|(?:本报|本刊)\S{0,12}?(?:讯|电)(?:[\s（(]|记者|$)|新华社\S{1,12}?电|【[^】]{2,12}讯】"
                   rf"|[（(]{_ROLE}\s*[:：]?\s*{_NAME}")
_LEAD_MARK = r"(?:本[报報][讯訊]|(?:本报|本刊|新华社)\S{0,14}?[讯电])"
_REPORTER = re.compile(
    rf"(?:{_LEAD_MARK}\s*|(?=[（(]))(?:[（(]\s*{_ROLE}\s*[:：]?\s*(?P<in>{_NAMES}(?:[ 、　]*{_ROLE}\s*{_NAMES})*)\s*[）)]"
    rf"|{_ROLE}\s*(?P<out>{_NAME}(?:[ 、　]{{1,2}}{_NAME}(?=[ 、　]))*)[ 　]+)")
_POINTER = re.compile(r"[（(【]?\s*(?:详见|详情见|参见|见|下转|转|刊)\s*(?:今日|本报)?第?\s*[0-9A-Za-z一二三四五六七八九十]{1,4}\s*版"
                      r"[^）)】]{0,4}[）)】]?$")
_CONTINUED_FROM = re.compile(r"[（(【]?\s*(?:上接|紧接)\s*第?\s*[0-9A-Za-z一二三四五六七八九十]{1,4}\s*版[^）)】]{0,8}[）)】]?")
_CONTINUED_TO = re.compile(r"[（(【]?\s*(?:下转|转)\s*第?\s*[0-9A-Za-z一二三四五六七八九十]{1,4}\s*版[^）)】]{0,8}[）)】]?$")
_PAGE_NUMBER = re.compile(r"(?<![上下])第?\s*0*([0-9A-Za-z]{1,4}|[一二三四五六七八九十]{1,3})\s*版(?!式|面)")
_PAGE_FIRST = re.compile(r"0*([A-Z]?\d{1,2})\s+(?=[\u4e00-\u9fff])(?![年月日版])")  # a page header such as "5 要闻 2024年7月10日"
_CHINESE_DIGITS = "零一二三四五六七八九"
_HEADER_PARTS = re.compile(
    rf"{WRITTEN_DATE}|"
    r"\d{4}\s*[年.\-/]\s*\d{1,2}\s*[月.\-/]\s*\d{1,2}\s*日?|星期[一二三四五六日天]|第?\s*[0-9一二三四五六七八九十]+\s*版|农历\S{2,8}"
    r"|(?:责任编辑|责编|编辑|主编|版式设计|版式|美编|美术编辑|校对|值班\S{0,4}|组版|制作|审核)\s*[:：]?\s*[\u4e00-\u9fff]{2,4}(?![\u4e00-\u9fff])"
    r"|(?:电话|传真|热线|邮编|电子邮箱|邮箱|[Ee]-?mail|网址)\s*[:：]?\s*[\w@.\-]+|总第\s*\d+\s*期|第\s*\d+\s*期")
_FULL_DATE = re.compile(r"\d{4}\s*[年.\-/]\s*\d{1,2}\s*[月.\-/]\s*\d{1,2}")
_SENTENCE_MARKS = re.compile("[。!?,;\uff01\uff1f\uff0c\uff1b]")
_PAPER = re.compile("[\u4e00-\u9fff]{1,12}[报報刊]")
_MAX_WORD = 16  # characters of a word in a masthead
_SECTIONS = frozenset(
    "要闻 头版 时政 综合 综合新闻 国内 国际 国际新闻 国内新闻 经济 社会 科技 教育 民生 地方 环球 视点 关注 聚焦 评论 理论 文化 "
    "体育 副刊 专题 专版 特刊 广告 人物 调查 深度 观点 资讯 简讯 快讯 财经 产业 园区 一线 一线报道 产业观察 园区动态 生态 法治".split())


def credit_of(text: str) -> tuple[int, int] | None:
    """Returns the range of the photographer or source in a credit line; ``None`` for any other line.

    >>> credit_of("林小满 摄"), credit_of("新渠通水")
    ((0, 3), None)
    """
    text = simplified(text)
    match = _CREDIT.match(text) or (_PHOTO_CREDIT.match(text) if len(text) <= 24 else None)
    return match.span(1) if match else None


def photographer_of(text: str) -> tuple[int, tuple[int, int]] | None:
    """Returns the end of a caption before its ``某某 摄`` and the range of the name; ``None`` without a photographer.

    >>> photographer_of("市民在公园赏花。 林小满 摄")
    (8, (9, 12))
    """
    text = simplified(text)
    match = _CAPTION_CREDIT.search(text[-40:])
    if not match or len(text) - len(match.group()) < 4:
        return None
    base = max(0, len(text) - 40)
    return base + match.start(), (base + match.start(1), base + match.end(1))


def is_byline(text: str) -> bool:
    """Tells whether a line names the author of the article.

    >>> [is_byline(text) for text in ("本报记者 吴桐", "吴桐/文", "文/吴桐 图/李晓", "吴桐说", "▶ 吴桐", "■新渠昨天通水", "記者吳桐")]
    [True, True, True, False, True, False, True]
    """
    text = simplified(text)
    named = text[byline_start(text) :]
    return len(text) <= 40 and bool(_BYLINE.match(named) or (named != text and _NAMES_ALONE.fullmatch(named.strip())))


def byline_start(text: str) -> int:
    """Returns the number of characters before the byline: marks, spaces, ``文/``.

    >>> byline_start("▶ 本报记者 叶某"), byline_start("文/叶某")
    (2, 2)
    """
    marked = len(text) - len(text.lstrip(f"{_MARKS} \t\u3000"))
    told = _TOLD_BY.match(text, marked)
    return told.end() if told and _NAMES_ALONE.fullmatch(text[told.end() :].strip()) else marked


def author_of(text: str) -> tuple[int, tuple[int, int]] | None:
    """Returns the end of a text before its trailing author and the range of the name; ``None`` without an author.

    >>> author_of("示范。 苏某")
    (3, (4, 6))
    """
    text = simplified(text)
    match = _AUTHOR.search(text[-60:])
    if not match:
        return None
    base = max(0, len(text) - 60)
    name = match.group(1)
    left = len(name) - len(name.lstrip(" \t　（("))
    right = len(name.rstrip(" \t　)）"))
    return base + match.start(1), (base + match.start(1) + left, base + match.start(1) + right)


def has_dateline(text: str) -> bool:
    """Tells whether a text opens with a dateline or agency slug (`本报讯`, `新华社北京7月5日电`) or a reporter in brackets.

    >>> [has_dateline(text) for text in ("本报讯 近日,某区签约", "(记者 吴桐)近日,某区签约", "近日,某区签约")]
    [True, True, False]
    """
    text = simplified(text)
    return bool(_LEAD.match(text))


def reporter_of(text: str) -> tuple[int, tuple[int, int]] | None:
    """Returns the end of a lead such as ``本报讯 记者 某某 …`` and the range of the reporters' names; ``None`` without them.

    >>> reporter_of("本报讯 记者 吴桐 青溪县今年增产"), reporter_of("本报讯(记者 吴桐 通讯员 李晓)青溪县今年增产")
    ((10, (7, 9)), (17, (7, 16)))
    """
    text = simplified(text)
    match = _REPORTER.match(text)
    return (match.end(), match.span("in" if match["in"] else "out")) if match else None


def continued_from(text: str) -> int:
    """Returns the length of ``(上接第一版)`` at the start of a text, or 0.

    >>> continued_from("(上接第一版)工程"), continued_to("工程(下转第3版)")
    (7, 2)
    """
    text = simplified(text)
    match = _CONTINUED_FROM.match(text)
    return match.end() if match else 0


def continued_to(text: str) -> int:
    """Returns the offset of ``(下转第3版)`` at the end of a text, or the length of the text."""
    text = simplified(text)
    base = max(0, len(text) - 24)
    match = _CONTINUED_TO.search(text[base:])
    return base + match.start() if match else len(text)


def page_number(text: str) -> str:
    """Returns the page that a jump line or a page header names, in Arabic figures, or ``""``.

    >>> [page_number(text) for text in ("(上接第一版)", "(下转A03版)", "2024年7月10日 星期三 第12版", "十二版", "上一版")]
    ['1', 'A3', '12', '12', '']
    """
    found = _PAGE_NUMBER.search(text)
    return _arabic(found.group(1).upper()) if found else ""


def header_page(text: str) -> str:
    """Returns the number of the page in its header, or ``""``.

    >>> header_page("5 要闻 2024年7月10日 星期三"), header_page("责任编辑:石磊 2024.7.10")
    ('5', '')
    """
    first = _PAGE_FIRST.match(text)
    return page_number(text) or (first.group(1) if first else "")


def _arabic(number: str) -> str:
    """Converts a page number below 100: ``十二`` → ``12``, ``A03`` → ``A3``."""
    letters = number.rstrip("0123456789")
    if "十" in number:
        tens, _, ones = number.partition("十")
        return str(10 * max(1, _CHINESE_DIGITS.find(tens or "一")) + max(0, _CHINESE_DIGITS.find(ones or "零")))
    if number in _CHINESE_DIGITS:
        return str(_CHINESE_DIGITS.index(number))
    return letters + number[len(letters) :].lstrip("0")


def jump_in_title(title: str) -> str:
    """Returns the page from which a headline says that its story continues, or ``""``.

    >>> jump_in_title("新渠通水(上接第1版)"), jump_in_title("新渠通水")
    ('1', '')
    """
    match = _CONTINUED_FROM.search(title)
    return page_number(match.group()) if match else ""


def pointed_to(text: str) -> str:
    """Returns the page to which a text points at its end (详见第5版), or ``""``; 下转 continues the text instead.

    >>> pointed_to("南站9月30日启用。(详见第5版)"), pointed_to("▶ 南站启用 报道见三版"), pointed_to("南站将于(下转第3版)")
    ('5', '3', '')
    """
    text = simplified(text)
    match = _POINTER.search(text[-24:])
    return page_number(match.group()) if match and "转" not in match.group() else ""


def is_page_header(text: str) -> bool:
    """Tells whether a line is a page header: date, weekday, page number, editors, telephone and little else."""
    text = simplified(text)
    if len(text) > 80:
        return False
    rest, parts = _HEADER_PARTS.subn("", text)
    rest = re.sub(r"[\s\d:：|·,，.。\-—]", "", rest)
    return parts >= 1 and len(rest) <= 6 and (parts >= 2 or len(rest) <= 4)


def header_parts(text: str) -> int:
    """Returns how many dates, page numbers, names of editors and the like a line holds.

    >>> header_parts("责任编辑 吴桐 2024年7月10日 第5版"), header_parts("新渠通水")
    (3, 0)
    """
    return len(_HEADER_PARTS.findall(simplified(text)))


def is_masthead(text: str) -> bool:
    """Tells whether the first line of a page names the paper and its full date: short words side by side, no sentence.

    >>> [is_masthead(text) for text in ("沙洲都市报 2023年7月12日 星期三 法治", "早报 | 2023年9月5日 | 教育", "2023年7月12日,新渠通水")]
    [True, True, False]
    """
    words = re.split(r"[\s|·•]+", text.strip())
    dated = [word for word in words if masthead_date(word)]
    return bool(dated) and all(len(word) <= _MAX_WORD and not _SENTENCE_MARKS.search(word) for word in words) and all(
        is_page_header(word) or not _FULL_DATE.match(word) for word in dated)


def paper_name(text: str) -> str:
    """Returns the name of the paper in a line at the head of a page, or ``""``.

    >>> [paper_name(text) for text in ("沙洲都市报 2023年7月12日 星期三 法治", "第5版 要闻", "早報民國廿四年九月五日")]
    ['沙洲都市报', '', '早報']
    """
    return next((word for word in re.split(r"[\s|·•:\uff1a_—-]+", _HEADER_PARTS.sub(" ", text)) if _PAPER.fullmatch(word)), "")


def is_pointer(text: str) -> bool:
    """Tells whether a line only points to a story on another page.

    >>> is_pointer("▶ 高铁南站月底启用 (下转第3版)"), is_pointer("高铁南站将于9月30日(下转第3版)")
    (True, False)
    """
    text = simplified(text)
    match = _POINTER.search(text)
    if not match or len(text) > 50 or re.search("[。！？!?]", text[: match.start()]):
        return False
    return "转" not in match.group() or bool(_ARROW.match(text))  # 转 after body text continues a story instead


def is_section_name(text: str) -> bool:
    """Tells whether a text is a usual name of a newspaper section (要闻, 国际 …).

    >>> is_section_name("要闻"), is_section_name("新渠")
    (True, False)
    """
    return simplified(text) in _SECTIONS
