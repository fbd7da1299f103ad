"""Five cameras, one list: what several cameras see of the same car is put together.

Detections of different cameras belong together where they are nearer to each other than their
covariances allow for chance; no two of one camera do. The fused place is the mean weighted by the
inverse covariances, so that each camera counts in the direction in which it is sure: the narrow one
in range, the one that looks from the side across it.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray, IntArray
from datasets.geometry import wrap_angle
from perception.nouns import Detections

GATE = 12.0  # squared Mahalanobis distance: one pair in 400 that belongs together is beyond
FLOOR = 0.3  # m: the mounting errors of two cameras differ, whatever each one thinks of itself


def fuse(seen: Detections) -> Detections:
    """The detections of all cameras -> one per vehicle; `camera` is the one that is surest."""
    if len(seen) < 2:
        return seen
    group, best = _groups(seen)
    n = len(best)
    weight = np.linalg.inv(seen.xy_cov)  # (N, 2, 2)
    total = np.zeros((n, 2, 2))
    np.add.at(total, group, weight)
    pulled = np.zeros((n, 2))
    np.add.at(pulled, group, np.einsum("nij,nj->ni", weight, seen.xy_ego))
    cov = np.linalg.inv(total)
    chosen = seen.where(best)
    heading, heading_std = _mean(seen.heading, seen.heading_std, group, best)
    speed, speed_std = _mean(seen.speed, seen.speed_std, group, best, angle=False)
    score, visible = np.zeros(n), np.zeros(n)
    np.maximum.at(score, group, seen.score)
    np.maximum.at(visible, group, seen.visible)
    return Detections(
        camera=chosen.camera,
        score=score,
        xy_ego=np.einsum("nij,nj->ni", cov, pulled),
        xy_cov=cov,
        heading=heading,
        heading_std=heading_std,
        speed=speed,
        speed_std=speed_std,
        length=chosen.length,
        width=chosen.width,
        obstacle=chosen.obstacle,
        braking=chosen.braking,
        indicator=chosen.indicator,
        visible=visible,
    )


def _groups(seen: Detections) -> tuple[IntArray, IntArray]:
    """(N,) the group of each detection, and (G,) the surest member of each group."""
    spread = np.linalg.det(seen.xy_cov)
    step = seen.xy_ego[:, None] - seen.xy_ego[None]
    cov = seen.xy_cov[:, None] + seen.xy_cov[None] + FLOOR**2 * np.eye(2)
    distance = np.einsum("abi,abij,abj->ab", step, np.linalg.inv(cov), step)
    distance[seen.camera[:, None] == seen.camera[None]] = np.inf
    group = np.full(len(seen), -1)
    leaders: list[int] = []
    taken: set[tuple[int, int]] = set()  # a group has one member of each camera
    for i in np.argsort(spread):
        near = [
            (distance[i, leader], g)
            for g, leader in enumerate(leaders)
            if distance[i, leader] < GATE and (g, int(seen.camera[i])) not in taken
        ]
        if near:
            group[i] = min(near)[1]
        else:
            group[i] = len(leaders)
            leaders.append(int(i))
        taken.add((int(group[i]), int(seen.camera[i])))
    return group, np.array(leaders, np.int64)


def _mean(
    value: FloatArray, std: FloatArray, group: IntArray, best: IntArray, angle: bool = True
) -> tuple[FloatArray, FloatArray]:
    """The weighted means of the groups and their stds. Of headings that point opposite ways, those
    are left out that contradict the surest."""
    off = value - value[best][group]
    weight = 1 / std**2
    if angle:
        off = wrap_angle(off)
        weight = np.where(np.abs(off) < np.pi / 2, weight, 1e-9)
    total, pulled = np.zeros(len(best)), np.zeros(len(best))
    np.add.at(total, group, weight)
    np.add.at(pulled, group, weight * off)
    mean = value[best] + pulled / total
    return (wrap_angle(mean) if angle else mean), 1 / np.sqrt(total)
