"""Arithmetic over figures, exact: values are fractions, and nothing is rounded before it is shown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from rag.errors import RagError
from rag.language.figures import figures_of, sort_of
from rag.language.quantities import unit_of
from rag.language.units import factor, is_counter

Measure = tuple[str, str]  # the kind of a figure (number, percent, points) and its unit


_REASONS = {
    "percentages": ("percentages of different periods or places cannot be added up", "不同时间或地点的百分比不能相加"),
    "points": ("the change of a percentage is told in percentage points; ask for the difference",
               "百分比的变化用百分点表示,请问相差多少"),
    "nothing": ("no figure was found to compute with", "没有可算的数字"),
    "units": ("the figures count different things ({units})", "这些数字的单位不同({units})"),
    "kinds": ("one figure is a percentage and another is not", "有的是百分比,有的不是"),
    "zero": ("the figure to divide by is 0", "除数是0"),
    "condition": ("a figure cannot be compared with {told}", "数字无法与{told}相比"),
    "days": ("the days of these events are not known", "这些事的日子没有都写明"),
    "rows": ("it takes another number of figures than its rows have", "所需数字的个数与列出的不符"),
}


class CannotComputeError(RagError):
    """Figures that cannot be worked with together; the message says why, ``told("zh")`` says it in Chinese.

    >>> CannotComputeError("zero").told("zh")
    '除数是0'
    """

    def __init__(self, reason: str, **values: str) -> None:
        self._said = {language: text.format(**values) for language, text in zip(("en", "zh"), _REASONS[reason], strict=True)}
        super().__init__(self._said["en"])

    def told(self, language: str) -> str:
        """Returns the reason in the language of an answer."""
        return self._said[language]


@dataclass(frozen=True)
class Value:
    """A figure to compute with; ``rough`` where the paper rounds it (近60项)."""

    value: Fraction
    kind: str = "number"
    unit: str = ""
    rough: bool = False


def in_one_unit(values: Sequence[Value], wanted: str = "") -> list[Value]:
    """Returns the values in the wanted unit, or in that of the first of them, where they convert exactly; else as they are.

    >>> [str(one.value) for one in in_one_unit([Value(Fraction(5), unit="斤"), Value(Fraction(2), unit="吨")])]
    ['5', '4000']
    """
    units = [one.unit for one in values if one.unit]
    into = wanted if any(factor(unit, wanted) for unit in units) else units[0] if units else ""
    return [replace(one, value=one.value * ratio, unit=into) if one.unit and (ratio := factor(one.unit, into)) else one
            for one in values]


def difference(one: Value, other: Value) -> Value:
    """Returns how much the first is more than the second; of two percentages in percentage points.

    >>> difference(Value(Fraction(241), unit="吨"), Value(Fraction(188), unit="吨")).value
    Fraction(53, 1)
    >>> difference(Value(Fraction("2.1"), "percent"), Value(Fraction(1), "percent")).kind
    'points'
    >>> difference(Value(Fraction(1280), unit="个"), Value(Fraction(1146), unit="人")).value  # seats that stayed empty
    Fraction(134, 1)
    """
    _check_alike([one, other])
    kind = "points" if one.kind == "percent" else one.kind
    return Value(one.value - other.value, kind, one.unit, one.rough or other.rough)


def signed(values: Sequence[tuple[int, Value]]) -> Value:
    """Returns what values with their signs add up to, in the unit of the first; a difference of two percentages is in percentage
    points.

    >>> signed([(1, Value(Fraction(5), unit="枚")), (1, Value(Fraction(4), unit="枚")), (-1, Value(Fraction(2)))]).value
    Fraction(7, 1)
    """
    alike = in_one_unit([value for _, value in values])
    if len(values) == 1:
        return alike[0]
    if [sign for sign, _ in values] == [1, -1]:
        return difference(*alike)
    return total([replace(value, value=sign * value.value) for (sign, _), value in zip(values, alike, strict=True)])


def total(values: Sequence[Value]) -> Value:
    """Returns the sum of counts or amounts; percentages add up to nothing.

    >>> total([Value(Fraction(210), unit="吨"), Value(Fraction(188), unit="吨")]).value
    Fraction(398, 1)
    >>> total([Value(Fraction(917), unit="份"), Value(Fraction(46), unit="张")]).unit
    ''
    """
    _check_alike(values)
    if values[0].kind != "number":
        raise CannotComputeError("percentages")
    unit = values[0].unit if len({one.unit for one in values if one.unit}) < 2 else ""
    return Value(sum((one.value for one in values), Fraction(0)), "number", unit, any(one.rough for one in values))


def average(values: Sequence[Value]) -> Value:
    """Returns the mean of the values.

    >>> average([Value(Fraction(1)), Value(Fraction(2))]).value
    Fraction(3, 2)
    """
    _check_alike(values)
    mean = sum((one.value for one in values), Fraction(0)) / len(values)
    return Value(mean, values[0].kind, values[0].unit, any(one.rough for one in values))


def share(part: Value, whole: Value) -> Value:
    """Returns the part per hundred of the whole.

    >>> share(Value(Fraction(1)), Value(Fraction(4))).value
    Fraction(25, 1)
    """
    _check_alike([part, whole])
    _check_divisor(whole)
    return Value(part.value * 100 / whole.value, "percent", "", part.rough or whole.rough)


def percent_change(later: Value, earlier: Value) -> Value:
    """By how many percent the earlier value had to rise to be the later one; negative where it fell.

    >>> percent_change(Value(Fraction(120)), Value(Fraction(100))).value
    Fraction(20, 1)
    """
    _check_alike([later, earlier])
    _check_divisor(earlier)
    if later.kind != "number":
        raise CannotComputeError("points")
    return Value((later.value - earlier.value) * 100 / earlier.value, "percent", "", later.rough or earlier.rough)


_MEETS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}


def met_by(condition: str, values: Sequence[Value]) -> list[bool]:
    """Tells whether each value meets a condition, as ``<1000亩``. Raises :class:`CannotComputeError` for values that it says nothing
    of.

    >>> met_by(">=2万元", [Value(Fraction(30000), unit="元"), Value(Fraction(500), unit="元")]), met_by("<0", [Value(Fraction(-3))])
    ([True, False], [True])
    """
    sign, threshold = condition[: len(condition) - len(condition.lstrip("<>="))], threshold_of(condition)
    if sign not in _MEETS or threshold is None:
        raise CannotComputeError("condition", told=condition)
    alike = in_one_unit([*(replace(value, unit=_without_rate(value.unit, threshold.unit)) for value in values), threshold])
    if threshold.value or threshold.unit:
        _check_alike(alike)
    return [_MEETS[sign](one.value, alike[-1].value) for one in alike[:-1]]


def _without_rate(unit: str, wanted: str) -> str:
    """Returns the unit of a price or a speed, without what it is for where one asks without it (40元 of 元/斤)."""
    return unit.split("/")[0] if "/" not in wanted else unit


def threshold_of(condition: str) -> Value | None:
    """Returns the figure of a condition; ``None`` where it has none.

    >>> threshold_of(">=2万元"), threshold_of("<")
    (Value(value=Fraction(20000, 1), kind='number', unit='元', rough=False), None)
    """
    text = condition.lstrip("<>=")
    figures = figures_of(text)
    return Value(figures[0].value, sort_of(figures[0]), unit_of(text, figures[0])) if len(figures) == 1 else None


def days_between(days: Sequence[str]) -> int | None:
    """Returns the days from one ISO day to another; ``None`` for another number of days, and for months and years.

    >>> days_between(["2024-03-20", "2024-01-09"]), days_between(["2024-03", "2024-01-09"])
    (71, None)
    """
    if len(days) != 2 or any(len(day) != len("2024-01-09") for day in days):
        return None
    one, other = map(date.fromisoformat, days)
    return abs((one - other).days)


_LENGTHS = {"day": len("2024-01-09"), "month": len("2024-01"), "year": len("2024")}


def coincide(times: Sequence[str], kind: str) -> bool:
    """Tells whether ISO times fall into one ``day``, ``month`` or ``year``. Raises :class:`CannotComputeError` where they do not tell.

    >>> coincide(["2024-03-20", "2024-03-09"], "month"), coincide(["2024-03", "2024-04-09"], "day")
    (True, False)
    """
    length = min(_LENGTHS[kind], *map(len, times))
    same = len({time[:length] for time in times}) == 1
    if any(time.startswith("-") for time in times) or (same and length < _LENGTHS[kind]):
        raise CannotComputeError("days")
    return same


def check_order(times: Sequence[str]) -> None:
    """Raises :class:`CannotComputeError` for sorted ISO times of which one may lie in another, or that have no year.

    >>> check_order(["2024-01", "2024-03-20"])
    >>> check_order(["2024-03", "2024-03-20"])
    Traceback (most recent call last):
    ...
    rag.gather.compute.CannotComputeError: the days of these events are not known
    """
    vague = any(one != other and other.startswith(one) for one, other in pairwise(times))
    if vague or any(time.startswith("-") for time in times):
        raise CannotComputeError("days")


def _check_alike(values: Sequence[Value]) -> None:
    if not values:
        raise CannotComputeError("nothing")
    units = [unit for unit in dict.fromkeys(one.unit for one in values) if unit]
    kinds = list(dict.fromkeys(one.kind for one in values))
    if len(units) > 1 and not all(map(is_counter, units)):  # seats and the people on them are counted in words of their own
        raise CannotComputeError("units", units=", ".join(units))
    if len(kinds) > 1:
        raise CannotComputeError("kinds")


def _check_divisor(value: Value) -> None:
    if not value.value:
        raise CannotComputeError("zero")
