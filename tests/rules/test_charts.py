"""Where the marks of charts stand."""

from datetime import date, timedelta

import pytest

from portal.web import charts

START, END = date(2026, 11, 3), date(2026, 12, 3)


def test_a_month_has_a_mark_for_each_day_and_one_for_its_end():
    rule = charts.day_rule(START, END, date(2026, 11, 20))
    assert [mark.kind for mark in rule.marks] == ["t1"] * 17 + ["tn"] + ["t0"] * 13
    assert (rule.day, rule.days, rule.x) == (18, 30, 56.67)
    assert rule.marks[0].x == 0
    assert rule.marks[-1].x == 100


@pytest.mark.parametrize("days", [1, 7, 28, 31, 62, 90, 365, 366, 730, 3650])
def test_no_period_is_drawn_with_more_marks_than_fit(days):
    rule = charts.day_rule(START, START + timedelta(days=days), START)
    assert 2 <= len(rule.marks) <= 130
    assert rule.marks[-1].x == 100


@pytest.mark.parametrize("away", [-400, -1, 31, 400])
def test_outside_the_period_there_is_no_pin(away):
    assert charts.day_rule(START, END, START + timedelta(days=away)).x is None


def test_the_labels_at_the_ends_give_way_to_today():
    first = charts.day_rule(START, END, START)
    assert (first.anchor, first.end_class("start"), first.end_class("end")) == ("start", "gone", "")
    last = charts.day_rule(START, END, END)
    assert (last.anchor, last.end_class("start"), last.end_class("end")) == ("end", "", "gone")


@pytest.mark.parametrize("days", [28, 29, 30, 31, 62])
def test_where_todays_label_stands_at_an_end_no_other_does(days):
    end = START + timedelta(days=days)
    for lived in range(days + 1):
        rule = charts.day_rule(START, end, START + timedelta(days=lived))
        if rule.anchor != "middle":
            assert rule.end_class(rule.anchor) == "gone"


def test_steps_of_a_ladder_stand_at_their_true_days():
    steps = [charts.Step(day, "plan", "", "") for day in (0, 1, 2, 4, 7, 14)]
    drawn = charts.ladder(steps, 6)
    assert [rung.x for rung in drawn.rungs] == [2.5, 9.29, 16.07, 29.64, 50.0, 97.5]
    assert [rung.is_crowded for rung in drawn.rungs] == [False, True, True, False, False, False]
    assert drawn.x == 43.21
    assert charts.ladder(steps, 40).x is None


def test_a_dial_is_full_at_first_and_dark_at_last():
    lit = [sum(kind == "on" for kind, _, _ in charts.dial_marks(left, 30)) for left in (30, 23, 0.4, 0, -5)]
    assert lit == [60, 46, 1, 0, 0]


def test_a_gauge_reaches_as_far_as_the_largest_of_its_values():
    assert charts.gauge(16420, 25000, projected=28980) == charts.Gauge(56.66, 100.0, 86.27)
    assert charts.gauge(5, 0) == charts.Gauge(100.0, None, 0)
    assert charts.gauge(0, 0).value == 0


def test_bars_stay_inside_their_drawing():
    columns = [charts.Column("", "", [("f1", 845), ("f2", 510)], [("f5", 300)], net=1050), charts.Column("", "")]
    drawn = charts.bars(columns)
    assert all(bar.y >= 0 and bar.y + bar.height <= 208.5 for _, _, bars, _ in drawn.columns for bar in bars)
    assert [value for _, value in drawn.grid] == [1500, 1000, 500, 0, -500]
    assert charts.bars([]).columns == []


def test_a_spark_needs_two_values():
    assert charts.spark_path([1]) == ""
    assert charts.spark_path([1, 1, 1]) == "M0.0 28.0 L50.0 28.0 L100.0 28.0"


def test_quarters_are_stacked_and_empty_ones_keep_the_scale():
    marks = charts.run_marks([charts.Quarter(), charts.Quarter(done=3, held=1)])
    assert [(mark.kind, mark.x) for mark in marks] == [("t0", 0), ("t1", 100), ("th", 100)]
    assert min(mark.y1 for mark in charts.run_marks([charts.Quarter(done=10_000)])) >= 10
