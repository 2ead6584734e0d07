"""Names across scripts: the Chinese form of a romanised name, the pinyin of a Chinese name; words with their parts of speech.

The module has no list of names. It reads the capitalised words of an English question as pinyin, and the caller looks their
syllables up in the archive. jieba tags the words of Chinese text [1]_.

.. [1] https://github.com/fxsjy/jieba
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from rag.language.pinyin import characters_by_sound, is_pinyin_of, join_syllables, pinyin_splits
from rag.language.pinyin import readings as readings
from rag.language.text import HAN, syllables

_CAPITALISED = re.compile(r"[A-Z][\w'\u2019-]*(?:\s+[A-Z][\w'\u2019-]*)*")
_NEGATED = re.compile(r"\((?:not|rather than)\s[^)]*\)|[(\uff08]?不是[^)\uff09,\uff0c]*[)\uff09]?")
NO_NAMES = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday how what when where which who why whose whom in on at by did does do is are was "
    "were has have had the a an and or of for to from with within roughly about china chinese zone high-tech gdp".split()
)
COUNTRYWIDE = frozenset(
    "中国 我国 全国 国内 国外 世界 全球 亚洲 "
    "欧洲 非洲 美洲 中华 华夏 城市 地区 新区 园区 社区 高新区 开发区 外国 长度 共和国 深水 冰川".split())
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石"
    "廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤欧翁詹常温康施洪邢倪柳连齐")
NOT_PERSON_ENDINGS = "省市县区镇乡村州部局厂院所校司会"  # 高新区 begins with a surname, but is no person
_NAME_TAGS = frozenset("ns nr nrt nrfg nt nz".split())
_FUNCTION_TAGS = "upcdryk"  # first letters of the tags of function words (的, 了, 在, 和, 他): no name begins or ends with one
PLACE_SUFFIXES = {"市": "", "省": " Province", "县": " County", "区": " District", "镇": " Town", "乡": " Township"}
_MAX_NAME_WORDS = 4  # jieba words in a name that is looked up
_MIN_NAME_SCORE = 3  # mean of _name_score (1 to 30) from which a spelling counts as a name


Names = Callable[[str], str | None]  # Chinese name → its English name, or a false value


def without_negated(question: str) -> str:
    """Removes from a question the parts that it excludes ("not Suzhou", 不是…).

    >>> without_negated("How many has Suizhou (not Suzhou) signed?")
    'How many has Suizhou  signed?'
    """
    return _NEGATED.sub("", question)


def romanised_names(question: str) -> list[str]:
    """Returns the words of an English question that may be Chinese names: capitalised and valid pinyin; longest first.

    >>> romanised_names("Who led the work of Guo Xiaodong in Xi'an on Monday?")
    ['Guo Xiaodong', "Xi'an"]
    """
    found: list[str] = []
    for match in _CAPITALISED.finditer(question):
        words = [re.sub(r"['\u2019]s$|-\d+$", "", w) for w in match.group().split()]
        found += _pinyin_runs([w for w in words if w.lower() not in NO_NAMES])
        found += [part for word in words if "-" in word for part in word.split("-") if readings(part)]
    return sorted(dict.fromkeys(found), key=lambda name: -len(name))


def _pinyin_runs(words: Sequence[str]) -> list[str]:
    """Returns the longest runs of words that are valid pinyin."""
    runs: list[list[str]] = [[]]
    for word in words:
        if pinyin_splits(word):
            runs[-1].append(word)
        else:
            runs.append([])
    return [" ".join(run) for run in runs if readings(" ".join(run))]


def unsupported_names(english: str, sources: Iterable[str]) -> list[str]:
    """Returns the Chinese names of an English sentence that no source contains, in characters or in pinyin.

    >>> unsupported_names("Feng Xiaodong spoke in Suizhou.", ["郭晓东到 Suizhou 办公"])
    ['Feng Xiaodong']
    """
    known = re.sub("[^a-z]", "", " ".join("".join(syllables(s)) + " " + s for s in sources).lower())
    return [name for name in romanised_names(english) if re.sub("[^a-z]", "", name.lower()) not in known]


def chinese_form(name: str, texts: Iterable[str]) -> str:
    """Returns the Chinese form of a romanised name: the spelling in the texts that is most often a name; ``""`` if none is.

    >>> chinese_form("Suizhou", ["随州高新区开工", "岁周刊", "随州市"])
    '随州'
    >>> chinese_form("Line", ["大家的潜力呢?"]), chinese_form("Huangtong", ["贵州黄桶至广西百色铁路"])
    ('', '黄桶')
    >>> chinese_form("Heta", ["我和他来了"])
    ''
    """
    wanted = set(readings(name))
    if not wanted:
        return ""
    sizes = {len(way) for way in wanted}
    likely = _sounding(wanted)
    found: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for text in texts:
        for match in re.finditer(f"[{HAN}]+", text):
            run = match.group()
            if not likely.search(run):
                continue  # most text skips the slow conversion to pinyin
            sounds = _sounds(run)
            for size in sizes:
                for i in range(len(run) - size + 1):
                    if sounds[i : i + size] in wanted:
                        form = run[i : i + size]
                        times[form] += 1
                        found[form] += _name_score(run[max(0, i - 8) : i + size + 8], min(i, 8), size)
    named = [form for form, score in found.most_common() if score >= _MIN_NAME_SCORE * times[form]]
    return named[0] if named else ""


@lru_cache(maxsize=256)
def homophones(name: str) -> re.Pattern[str]:
    """Returns what matches all that sounds like a Chinese or romanised name: pinyin does not tell which one is meant.

    >>> [bool(homophones(name).search("云州市")) for name in ("云洲", "Yunzhou", "随州")]
    [True, True, False]
    """
    return _sounding(readings(name) or [_sounds(name)])


def _sounding(ways: Iterable[Sequence[str]]) -> re.Pattern[str]:
    """Returns what matches characters that have one of some runs of sounds."""
    known = characters_by_sound()
    return re.compile("|".join("".join(f"[{known.get(sound, re.escape(sound))}]" for sound in way) for way in ways))


@lru_cache(maxsize=16_384)
def _sounds(run: str) -> tuple[str, ...]:
    return tuple(syllables(run))


def _name_score(text: str, start: int, size: int) -> int:
    """Scores how much ``text[start:start + size]`` looks like a name: 30 if jieba tags it as one; 10 if it is a word outside
    jieba's dictionary, two whole words, or followed by a place suffix (青石 in 青石镇); else 1.
    """
    at, inside = 0, []
    for word, tag in tagged(text):
        if at < start + size and start < at + len(word):
            inside.append((at, at + len(word), word, tag))
        at += len(word)
    first, last = inside[0], inside[-1]
    if first[0] != start:
        return 1
    if len(inside) == 1 and first[3] in _NAME_TAGS:
        return 30
    if len(inside) == 1 and first[1] == start + size and not is_word(first[2]):
        return 10
    if text[start + size : start + size + 1] in PLACE_SUFFIXES:
        return 10
    return 10 if (len(inside) == 2 and last[1] == start + size
                  and first[3][0] not in _FUNCTION_TAGS and last[3][0] not in _FUNCTION_TAGS) else 1


def is_word(word: str) -> bool:
    """Tells whether the dictionary of jieba has a word; the words that it lacks are mostly names."""
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()  # reads the dictionary, once
    return word in jieba.dt.FREQ


@lru_cache(maxsize=16_384)
def tagged(text: str) -> list[tuple[str, str]]:
    """Splits a text into words with their part-of-speech tags (jieba)."""
    import logging

    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    return [(word, tag) for word, tag in jieba.posseg.lcut(text)]


def romanise(name: str, *, person: bool = False) -> str:
    """Converts a Chinese name to pinyin: a place to one word, a person to surname and given name.

    >>> romanise("随州市"), romanise("西安"), romanise("湖北省"), romanise("郭晓东", person=True)
    ('Suizhou', "Xi'an", 'Hubei Province', 'Guo Xiaodong')
    """
    from pypinyin import lazy_pinyin

    if not person and len(name) > 2 and name[-1] in PLACE_SUFFIXES:
        return romanise(name[:-1]) + PLACE_SUFFIXES[name[-1]]
    sounds = [s.replace("\u00fc", "u") for s in lazy_pinyin(name)]
    if person and len(sounds) > 1:
        cut = 2 if len(sounds) == 4 else 1
        return f"{join_syllables(sounds[:cut])} {join_syllables(sounds[cut:])}"
    return join_syllables(sounds)


def no_english_name(name: str) -> str:
    """Returns ``""`` for every name. Replaces :meth:`rag.search.dictionary.Dictionary.english` where there is no dictionary.

    >>> no_english_name("迪拜")
    ''
    """
    return ""


def romanise_names(chinese: str, question: str = "", known: Names = no_english_name) -> str:
    """Replaces the names in a Chinese text by English ones between spaces: by ``known`` where it has the name, else by pinyin.

    With a ``question``, pinyin replaces only persons of three characters and names that the question spells the same way,
    because foreign names must not become pinyin.

    >>> romanise_names("郭晓东到湖北省随州市"), romanise_names("郭晓东到随州", "Who came to Suizhou?")
    (' Guo Xiaodong 到 Suizhou, Hubei Province ', ' Guo Xiaodong 到 Suizhou ')
    >>> romanise_names("约翰·埃尔维飞往迪拜", "Where to?", {"迪拜": "Dubai", "约翰": "John"}.get)
    '约翰·埃尔维飞往 Dubai '
    """
    letters = re.sub("[^a-z]", "", question.lower())
    words = tagged(chinese)
    out: list[str] = []
    at = 0
    place = False
    while at < len(words):
        word, tag = words[at]
        dotted = _is_in_dotted_name(words, at)
        end, english = (at + 1, "") if dotted else _known_name_at(words, at, known)
        if not english and not dotted and _needs_pinyin(word, tag, letters, known):
            english = romanise(word, person=_kind_of(word, tag) == "person")
        if english and tag == "ns" and place:
            out[-1] = f" {english},{out[-1]}"  # a Chinese address begins with the largest place
        else:
            out.append(f" {english} " if english else word)
        place = bool(english) and tag == "ns"
        at = end
    return "".join(out)


def _is_in_dotted_name(words: Sequence[tuple[str, str]], at: int) -> bool:
    """Tells whether a word is part of a foreign name such as 约翰·埃尔维, which stays whole."""
    return "·" in "".join(word for word, _ in words[max(0, at - 2) : at + 2])


def _needs_pinyin(word: str, tag: str, letters: str, known: Names) -> bool:
    """Tells whether a word is a name to write in pinyin: the question (if any) has it too, or it is a person of three characters.

    A name in the dictionary is not: 罗伯特 is Robert, and 李德 is Otto Braun.
    """
    kind = _kind_of(word, tag)
    return bool(kind) and not known(word) and (
        not letters or (kind == "person" and len(word) > 2) or "".join(syllables(word)).replace("v", "u") in letters)


def _known_name_at(words: Sequence[tuple[str, str]], at: int, known: Names) -> tuple[int, str]:
    """Returns the end of the longest known name that begins at a word, and its English; ``(at + 1, "")`` if there is none."""
    for end in range(min(len(words), at + _MAX_NAME_WORDS), at, -1):
        name = "".join(word for word, _ in words[at:end])
        english = known(name) if len(name) > 1 else ""
        if english and (_kind_of(name, words[at][1]) != "person" or is_pinyin_of(english, name)):
            return end, english
        if words[at][1] == "ns" and len(name) > 2 and name[-1] in PLACE_SUFFIXES and (english := known(name[:-1])):
            return end, english + PLACE_SUFFIXES[name[-1]]
    return at + 1, ""


def person_in_pinyin(name: str, *, signed: bool = False) -> str:
    """Returns the pinyin of what may be a Chinese person's name; ``""`` for other words. ``signed``: it stands where only names and
    common words (记者) do, so that a rare surname is one too.

    >>> person_in_pinyin("常园"), person_in_pinyin("铁路"), person_in_pinyin("佟朗"), person_in_pinyin("佟朗", signed=True)
    ('Chang Yuan', '', '', 'Tong Lang')
    """
    is_name = re.fullmatch(f"[{HAN}]{{2,3}}", name) and (signed or name[0] in SURNAMES) and not is_word(name)
    return romanise(name, person=True) if is_name else ""


def _kind_of(word: str, tag: str) -> str:
    """Returns ``place``, ``person`` or ``""``; a person has a Chinese surname and a given name of one or two characters."""
    if len(word) < 2 or not re.fullmatch(f"[{HAN}]+", word):
        return ""
    if tag == "ns" and word not in COUNTRYWIDE:
        return "place"
    is_person = tag == "nr" and len(word) <= 3 and word[0] in SURNAMES and word[-1] not in NOT_PERSON_ENDINGS
    return "person" if is_person else ""
