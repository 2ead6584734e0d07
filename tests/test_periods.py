"""Which period a question names, and which texts can tell about it."""

from __future__ import annotations

import pytest

from rag.language.periods import asked_period


@pytest.mark.parametrize(("question", "days"), [
    ("2024年1月29日加开多少列?", ("2024-01-29", "2024-01-29")), ("What was it in June 2023?", ("2023-06-01", "2023-06-30")),
    ("What were the 2023 exports?", ("2023-01-01", "2023-12-31")), ("2023年前7个月收入有多少?", ("2023-01-01", "2023-07-31")),
    ("2023年前12个月收入有多少?", ("2023-01-01", "2023-12-31")),
    ("2024年1—7月收入有多少?", ("2024-01-01", "2024-07-31")),
    ("2024年第三季度增长多少?", ("2024-07-01", "2024-09-30")), ("2022年下半年新开工几座?", ("2022-07-01", "2022-12-31")),
    ("What did it earn in the first three quarters of 2023?", ("2023-01-01", "2023-09-30")),
    ("How did it fare in January-May 2024?", ("2024-01-01", "2024-05-31")),
    ("2024年“五一”假期出游多少人次?", ("2024-04-29", "2024-05-05")), ("What did May Day 2023 bring?", ("2023-04-29", "2023-05-05")),
    ("How many on the 2024 National Day holiday?", ("2024-09-29", "2024-10-08")), ("五一路有多长?", None),
    ("2024年春运开始到2月11日共运送多少人次?", ("2024-02-11", "2024-02-11")),
    ("How many for the whole of 2023?", ("2023-01-01", "2023-12-31")),
    ("How did it change from 2019 to 2021?", ("2019-01-01", "2021-12-31")),
    ("2月29日发生了什么?", None), ("How many of 2,000 workers?", None),
    ("Why did 2000 people leave?", None), ("Of 2000 workers, how many came?", None),
    ("What won in 2000?", ("2000-01-01", "2000-12-31")), ("It grew 20.19% since when?", None),
    ("How many were built before May 2019?", None), ("2012年以来新建多少座?", None), ("甲镇有多少座桥?", None),
])
def test_the_period_of_a_question(question, days):
    period = asked_period(question)
    assert (period and (period.start.isoformat(), period.end.isoformat())) == days


@pytest.mark.parametrize(("asked", "text", "written", "may"), [
    ("2023年6月", "产量为五万吨。", "2023-07-20", True), ("2023年6月", "产量为五万吨。", "2023-09-20", False),
    ("2023年6月", "产量为五万吨。", "2023", True), ("2023年6月", "产量为五万吨。", "2024-06", False),
    ("2023年6月", "6月份产量为五万吨。", "2023-12-20", True), ("2023年6月", "2023年产量为五万吨。", "2024-12-20", False),
    ("2023年", "全年产量为五万吨。", "2024-02-20", True), ("2023年", "2023年6月产量为五万吨。", "2024-12-20", True),
    ("2023年6月5日", "今天开馆。", "2023-06-05", True), ("2023年6月5日", "明天开馆。", "2023-06-04", True),
    ("2023年6月5日", "今天开馆。", "2023-06-06", False), ("2023年6月5日", "馆已开。", "2023-06-06", True),
    ("2023年6月5日", "今天闭馆,6月5日开馆。", "2023-06-06", True), ("2023年6月5日", "馆已开。", "2023-06-20", False),
    ("2023年前7个月", "前7个月产量为五万吨。", "2023-08-20", True), ("2023年前7个月", "产量为五万吨。", "2023-03-20", False),
    ("2023年前7个月", "2022年产量为五万吨。", "2023-01-30", False), ("2023年上半年", "1-6月产量为五万吨。", "2023-12-20", True),
    ("2023年全年", "2023年前11个月产量为五万吨。", "2024-01-05", False), ("2023年全年", "2023年产量为五万吨。", "2024-09-05", True),
    ("2023年第三季度", "前三季度增长5.2%。", "2023-10-20", False), ("2023年第三季度", "三季度增长4.9%。", "2023-10-20", True),
    ("2023年3月", "2月份同比上涨1.0%。", "2023-03-09", False), ("2023年3月", "3月份比2月份下降0.3%。", "2023-04-11", True),
    ("2023年", "今年产量达五万吨,比2023年增加一万吨。", "2024-07-14", False), ("2023年", "今年产量达四万吨。", "2023-07-14", True),
    ("2023年", "去年产量达四万吨。", "2024-07-14", True), ("2023年", "今年产量达五万吨。", "2024-02-14", False),
    ("2023年6月", "产量为五万吨。", "", True), ("2023年6月", "产量为五万吨。", "不详", True),
])
def test_what_may_tell_about_a_period(asked, text, written, may):
    assert asked_period(asked).can_be_reported_in(text, text, written) is may


@pytest.mark.parametrize("written", ["0000-00-00", "0001-01-01", "9999-12-31", "2024-13-45", "2024-7-5", "-1", "2024年7月5日"])
@pytest.mark.parametrize("text", ["7月5日开馆,12月份增长。今年,昨天", "前11个月、一季度、13月45日", "2024年2月31日", ""])
def test_no_date_however_wrong_stops_a_search(written, text):
    for question in ("2024年7月5日谁?", "2024年7月多少?", "2024年多少?", "2024年上半年多少?", "1999年2月30日?"):
        assert asked_period(question).can_be_reported_in(text, text, written) in (True, False)
