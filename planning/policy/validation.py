"""How well a learned driver says what the expert would, on ticks it was not trained on. It does not
predict how it drives (the same figures come from policies that leave the road): it tells whether
training goes on well. How it drives is scripts/evaluate.py's business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from torch import Tensor

from planning.policy.code import KEEP, STATION_S, decode_path, decode_speed
from planning.policy.council import agree
from planning.policy.network import Wish

_AT = (10.0, 30.0)  # m along the path where it is compared


def validate(exams: Iterable[tuple[Wish, dict[str, Tensor]]]) -> dict[str, float]:
    """Means over all ticks; each exam is what the heads want at a batch, and the batch."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for wish, batch in exams:
        sides, paths, speeds, own_speed = (each.float().cpu().numpy() for each in wish)
        wanted = {name: batch[name].float().cpu().numpy() for name in ("path", "side")}
        target = (batch["speeds"].float().cpu().numpy(), batch["own_speed"].float().cpu().numpy())
        for i in range(len(sides)):
            now = float(target[1][i])
            told = agree(sides[i], paths[i], speeds[i], now)
            true_target = float(decode_speed(target[0][i]))
            found["policy/speed_error"].append(abs(told.expected_speed - true_target))
            found["policy/speed_spread"].append(told.speed_spread)
            found["policy/path_spread"].append(told.path_spread)
            found["policy/own_speed_error"].append(abs(float(own_speed[i].mean()) - now))
            right = told.side == int(wanted["side"][i])
            found["policy/side_right"].append(float(right))
            if int(wanted["side"][i]) != KEEP:
                found["policy/change_right"].append(float(right))
            if right:
                away = np.hypot(*(decode_path(told.path) - decode_path(wanted["path"][i])).T)
                for s in _AT:
                    at = int(np.argmin(np.abs(STATION_S - s)))
                    found[f"policy/path_error_{s:.0f}m"].append(float(away[at]))
    return {name: float(np.mean(values)) for name, values in sorted(found.items())}
