"""What the tables of a report say."""

import pytest

from sim.report.tables import Table, as_markdown, cell, hand_overs, worst_rows


def test_cells_show_what_a_reader_wants():
    assert cell(None) == "-"
    assert cell(7) == "7"
    assert cell(0.123456, [0.1, 0.2]) == "0.123 [0.1, 0.2]"


def test_markdown_keeps_a_bar_inside_its_cell():
    table = Table("T", ("a", "b"), (("x|y", "z"),))
    assert as_markdown(table).splitlines()[-1] == "| x\\|y | z |"


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="expected 2 cells"):
        Table("T", ("a", "b"), (("x",),))


def test_the_worst_come_first():
    def row(success, at_fault, score):
        return {"success": success, "at_fault": at_fault, "nuplan_cls": score, "carla_ds": score}

    rows = [row(True, False, 1.0), row(False, False, 0.0), row(False, True, 0.0), row(True, 0, 0.5)]
    assert worst_rows({"episodes": rows}) == [rows[2], rows[1], rows[3], rows[0]]


def test_hand_overs_are_counted_by_cause_and_giving_back_is_none():
    def switch(to, reason, was="policy"):
        return {"t": 1.0, "from": was, "to": to, "reason": reason}

    rows = [
        {"switches": [switch("rules", "slowing down; policy: gap -0.40")]},
        {"switches": [switch("rules", "following the lane; policy: gap -0.02")]},
        {"switches": [switch("policy", "its own plan; least margin: gap +0.31")]},
        {"switches": [switch("eased", "its own way, 3.5 m/s slower than it wished; gap -0.20")]},
        {"switches": [switch("eased", "its own way, 2 m/s slower than it wished; gap -1.00")]},
        {"switches": [switch("eased", "its own way, 1 m/s slower; gap -1.00", was="rules")]},
        {"switches": [switch("human", "hands on the wheel")]},
        {},  # an episode that raised
    ]
    (table,) = hand_overs({"episodes": rows})
    assert table.rows == (
        ("policy", "rules", "policy: gap", "2"),
        ("policy", "eased", "gap", "2"),
        ("policy", "human", "hands on the wheel", "1"),
    )
    assert hand_overs({"episodes": rows[2:3]}) == []
