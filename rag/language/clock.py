"""Times of the day in Chinese → English: ``下午5时30分`` is 5:30 p.m.

>>> clock_in_english("21日7时50分清完,上午8时至下午5时30分开放")
'7:50 on the 21st 清完, 8 a.m. to 5:30 p.m. 开放'
"""

from __future__ import annotations

import re

from rag.language.numerals import HAN_NUMERAL, plain_value

_NUMBER = rf"\d{{1,2}}|[{HAN_NUMERAL}]{{1,3}}"
_PART = "凌晨|清晨|早上|早晨|早|上午|中午|下午|午后|傍晚|晚上|晚间|晚|夜间|夜里|夜"
_CLOCK = re.compile(
    rf"(?:(?<![\d月])(?P<day>\d{{1,2}})[日号])?(?P<part>{_PART})?(?<![\d.{HAN_NUMERAL}])(?P<hour>{_NUMBER})(?:(?P<sign>[时時])(?![间間代期段刻针候])|[点點])"
    rf"(?P<rest>钟|鐘|整|半|[一三]刻|(?P<minute>{_NUMBER})分钟?)?")
_TO = re.compile("\0\\s*(?:至|到|—|-)\\s*\0")
_PAST_NOON = tuple("中下午傍晚夜后")
_MINUTES = {"半": 30, "一刻": 15, "三刻": 45}


def clock_in_english(text: str) -> str:
    """Replaces the times of the day in a Chinese text by English ones.

    An hour with 点, or in Chinese numerals, is a time only beside a part of the day or minutes: 八点 may be points, 一时 is a while.

    >>> clock_in_english("晚上七点半"), clock_in_english("22时熄灯"), clock_in_english("提出3点建议"), clock_in_english("营业12小时")
    ('7:30 p.m.', '22:00 熄灯', '提出3点建议', '营业12小时')
    >>> clock_in_english("十二五时期"), clock_in_english("一时难以恢复"), clock_in_english("3000到30万元")
    ('十二五时期', '一时难以恢复', '3000到30万元')
    """
    return re.sub(" ?\0", " ", _TO.sub(" to ", _CLOCK.sub(_time, text))).strip()


def _time(match: re.Match[str]) -> str:
    hour, minute = _value(match["hour"]), _MINUTES.get(match["rest"] or "", _value(match["minute"] or "0"))
    told = match["part"] or match["rest"] or match["day"] or (match["sign"] and match["hour"].isdigit())
    if not told or hour > 24 or minute > 59:
        return match.group()
    half = ""
    if match["part"] and hour <= 12:
        is_late = any(sign in match["part"] for sign in _PAST_NOON) and not (match["part"].startswith("夜") and hour < 6)
        half = " p.m." if is_late and match["part"] != "上午" else " a.m."
    shown = f"{hour}:{minute:02}" if minute or not half else str(hour)
    return f"\0{shown}{half}" + (f" on the {_ordinal(int(match['day']))}" if match["day"] else "") + "\0"


def _value(number: str) -> int:
    return int(number) if number.isdigit() else int(plain_value(number))


def _ordinal(number: int) -> str:
    """
    >>> [_ordinal(number) for number in (1, 12, 22, 30)]
    ['1st', '12th', '22nd', '30th']
    """
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
