"""What the planner expects of the traffic is what highway-env's traffic does."""

import numpy as np

from datasets.driving import Action
from datasets.geometry import wrap_angle
from planning.lane_graph import LaneGraph
from planning.motion import MotionMemory
from planning.prediction import predict
from sim.world import World

AFTER = 10  # ticks


def test_who_turns_at_a_crossing_cuts_the_corner_with_its_nose_outward():
    world = World("intersection-left")
    world.reset(3)
    memory = MotionMemory()
    scenes = []
    while world.outcome is None and world.state.t < 12:
        scene = world.truth()
        agents = scene.agents.compact()
        motion = memory.update(scene.t, agents)
        expected = predict(LaneGraph.of(scene.lanes), agents, motion, scene.ego.speed, 2.0)
        scenes.append((world.state, agents.id, expected))
        world.advance(Action.clipped(-3.0, 0.0))
    misses = []
    for (state, ids, expected), (later, _, _) in zip(scenes, scenes[AFTER:], strict=False):
        for h, agent in enumerate(expected.agent):
            now, then = (np.flatnonzero(each.id == ids[agent]) for each in (state, later))
            bent = len(then) and abs(state.steering_angle[now[0]]) > 0.3
            if not bent or expected.weight[h] < 0.5 or later.crashed[then[0]]:
                continue
            xy = state.world_from_ego.apply(expected.xy[h, AFTER][None])[0]
            heading = state.world_from_ego.heading + expected.heading[h, AFTER]
            turn = wrap_angle(np.array([heading - later.heading[then[0]]]))[0]
            misses.append((np.hypot(*(xy - later.xy_world[then[0]])), abs(turn)))
    assert len(misses) > 30
    distance, turn = np.median(misses, axis=0)
    assert distance < 0.4
    assert turn < 0.1
