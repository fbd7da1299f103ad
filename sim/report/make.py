"""From the results of a run to its page: plots of all episodes, films of the worst ones.

The worst episodes are driven again: the same seed gives the same episode, so nothing but a row has
to be kept of the thousands that nobody looks at.
"""

from __future__ import annotations

from pathlib import Path

from sim.manoeuvres.table import world_named
from sim.report.films import Film
from sim.report.page import Exhibit, Report, write_report
from sim.report.plots import outcome_map, score_plot, trace_plot
from sim.report.tables import Result, worst_rows
from sim.scores.episode import ERROR
from sim.scores.play import Player
from sim.scores.record import record
from sim.state import EGO


def make_report(result: Result, player: Player, folder: Path, clips: int) -> Path:
    """Write the page and its Markdown into a folder; returns the path of the page."""
    driven = [row for row in worst_rows(result) if row["outcome"] != ERROR]
    report = Report(
        result=result,
        score_svg=score_plot(result),
        map_svgs=[_map(result, scenario) for scenario in result["scenarios"]],
        exhibits=[_exhibit(result, player, row) for row in driven[:clips]],
    )
    return write_report(report, folder)


def _map(result: Result, scenario: str) -> str:
    world = world_named(scenario, cameras=False)
    rows = [row for row in result["episodes"] if row["scenario"] == scenario]
    world.reset(rows[0]["seed"])
    return outcome_map(world.road_map, world.state.xy_world[EGO], rows, scenario)


def _exhibit(result: Result, player: Player, row: Result) -> Exhibit:
    world = world_named(row["scenario"], player.weather)  # with cameras: the film shows them
    film = Film(world, result["agent"], player.weather)
    log = record(world, player.make_agent(world), row["seed"], film.watch)
    fault = ", at fault" if row["at_fault"] else ""
    title = (
        f"{row['scenario']}, seed {row['seed']}: {row['outcome']}{fault}, "
        f"nuPlan {row['nuplan_cls']:.2f}, CARLA {row['carla_ds']:.2f}"
    )
    return Exhibit(title, trace_plot(log), film.data_uri())
