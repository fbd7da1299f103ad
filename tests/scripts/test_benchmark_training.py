"""The benchmark of the training loops says what it promises."""

import json

from scripts.benchmarks.training import Training, run


def test_it_tells_the_loop_beside_the_step_in_memory(tmp_path):
    run(
        Training(
            json=tmp_path / "training.json", episodes=1, steps=5, policy_batch=8,
            perception_batch=2, device="cpu",
        )
    )  # fmt: skip
    told = json.loads((tmp_path / "training.json").read_text())["cpu"]
    for figures in (told, told["perception"]):
        loop, memory = figures["loop_ticks_per_s"], figures["memory_ticks_per_s"]
        assert min(loop, memory) > 0
        assert figures["ratio"] == round(figures["ratio"], 3) > 0
