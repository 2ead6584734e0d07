"""The values of numerals: Chinese (三千零八万), digits (1,631), English number words and scales. Values are exact fractions."""

from __future__ import annotations

import re
from fractions import Fraction

DIGITS = {c: v for v, row in enumerate("零〇 一 二两 三 四 五 六 七 八 九".split()) for c in row}
TENS_TO_THOUSANDS = {"十": 10, "百": 100, "千": 1000}
MYRIADS = {"万": 10**4, "亿": 10**8}
HAN_TENS = {"廿": 20, "卅": 30}
HAN_NUMERAL = "".join([*DIGITS, *HAN_TENS, *TENS_TO_THOUSANDS, *MYRIADS])
ONES = {w: i for i, w in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split())}
TENS = {w: i * 10 for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
POWERS = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALE_ABBREVIATIONS = {"bn": 10**9, "mn": 10**6, "tn": 10**12}
_BARE = re.compile(r"[-+\u2212]?\d[\d,\uff0c]*(?:\.\d+)?")


def is_bare(text: str) -> bool:
    """Tells whether a text, as a cell of a table, is a number and nothing else.

    >>> [is_bare(text) for text in ("-1,631.5", "5%", "7路")]
    [True, False, False]
    """
    return bool(_BARE.fullmatch(text))


def plain_value(numeral: str) -> Fraction:
    """Returns the value of digits, or of a Chinese numeral that may have decimals.

    >>> int(plain_value("1,631")), float(plain_value("三点二万"))
    (1631, 32000.0)
    """
    if numeral[0].isdigit() and numeral[0].isascii():
        return Fraction(numeral.replace(",", ""))
    whole, _, decimals = numeral.partition("点")
    if not decimals:
        return han_value(whole)
    digits = "".join(str(DIGITS[c]) for c in decimals if c in DIGITS)
    value = han_value(whole) + Fraction(int(digits or "0"), 10 ** len(digits))
    for unit in decimals:
        value *= MYRIADS.get(unit, 1)
    return value


def han_value(numeral: str) -> Fraction:
    """Returns the value of a Chinese numeral.

    >>> int(han_value("三千零八万")), int(han_value("二〇二四")), int(han_value("十二")), int(han_value("廿四"))
    (30080000, 2024, 12, 24)
    """
    if len(numeral) > 1 and all(c in DIGITS for c in numeral):
        return Fraction(int("".join(str(DIGITS[c]) for c in numeral)))
    total = section = digit = 0
    seen = False
    for c in numeral:
        if c in DIGITS:
            digit, seen = DIGITS[c], True
        elif c in HAN_TENS:
            section += HAN_TENS[c]
        elif c in TENS_TO_THOUSANDS:
            section += (digit if seen and digit else 1) * TENS_TO_THOUSANDS[c]
            digit, seen = 0, False
        else:
            section += digit
            total = (total + section or 1) * MYRIADS[c] if c == "亿" else total + (section or 1) * MYRIADS[c]
            section = digit = 0
            seen = False
    return Fraction(total + section + digit)


def words_value(words: str) -> Fraction:
    """Returns the value of English number words.

    >>> int(words_value("one hundred and five")), int(words_value("forty-seven")), int(words_value("two hundred million"))
    (105, 47, 200000000)
    """
    total = current = 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in ONES or word in TENS:
            current += ONES.get(word, 0) + TENS.get(word, 0)
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in POWERS:
            total += (current or 1) * POWERS[word]
            current = 0
    return Fraction(total + current)


def scale_value(words: str) -> Fraction:
    """Returns the value of English scale words.

    >>> int(scale_value("hundred million")), int(scale_value("bn"))
    (100000000, 1000000000)
    """
    value = Fraction(1)
    for word in re.findall("[a-z]+", words.lower()):
        value *= POWERS.get(word) or _SCALE_ABBREVIATIONS[word]
    return value
