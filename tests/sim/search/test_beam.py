"""What a beam keeps."""

from sim.search.beam import Node, thinned


def node(rank, lane=0):
    return Node(moment=None, lane=lane, rank=rank)


def test_the_first_and_the_last_are_kept():
    kept = thinned([node(float(rank)) for rank in range(100)], width=5)
    assert (kept[0].rank, kept[-1].rank, len(kept)) == (99.0, 0.0, 5)


def test_a_lane_far_behind_keeps_its_share():
    kept = thinned([node(100.0 + i) for i in range(50)] + [node(1.0, lane=2)], width=4)
    assert {k.lane for k in kept} == {0, 2}


def test_few_are_all_kept_the_furthest_first():
    assert [k.rank for k in thinned([node(1.0), node(3.0), node(2.0)], 8)] == [3.0, 2.0, 1.0]
