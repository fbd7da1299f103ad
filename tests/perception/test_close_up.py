"""Close-ups: cut alike whatever the distance, measured, and believed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from datasets.observation import CameraFrame
from perception.close_up.cutting import ABOUT, SIDE, SPAN, about, cut, worth_it
from perception.close_up.measuring import OnnxMeasure, refined
from perception.close_up.network import CloseUpNet, CloseUpShape
from perception.close_up.samples import CloseUps, load_close_ups
from perception.close_up.training import CloseUpTraining, calibrate, make_harder, validate
from perception.close_up.weights import load_weights
from perception.runtime import ONNX_FILE, OnnxLook
from perception.torch_runtime import TorchMeasure
from perception.vehicle_code import CODE, INDEX, Cells, encode_pose
from perception.vehicle_targets import vehicle_targets
from scripts import close_ups
from scripts.close_ups import CloseUpConfig, close_up_files
from scripts.training.close_up import CloseUp, train_close_up
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.weather import weather_for
from sim.world import World

RIG = default_rig()
NARROW = max(RIG, key=lambda camera: camera.focal_px)
WIDE = min(RIG, key=lambda camera: camera.focal_px)
TAKE = CloseUpConfig(every=10, views=2)


def picture_of_box(camera, u, v, width_px, height_px):
    """A white box on black, with edges in the middle of pixels, too."""
    right, below = np.arange(camera.width_px), np.arange(camera.height_px)
    inside_u = np.clip(width_px / 2 + 0.5 - np.abs(right + 0.5 - u), 0, 1)
    inside_v = np.clip(height_px / 2 + 0.5 - np.abs(below + 0.5 - v), 0, 1)
    grey = np.rint(255 * inside_v[:, None] * inside_u)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def ahead_of(camera, distance, degrees):
    """(1, 3) a place that far from the camera and that far beside its axis, a metre up."""
    azimuth = camera.yaw + np.deg2rad(degrees)
    x, y = camera.xyz_ego[:2] + distance * np.array([np.cos(azimuth), np.sin(azimuth)])
    return np.array([[x, y, 1.0]])


SEEN = [(NARROW, far, aside) for far in (8.0, 10.0, 15.0, 20.0, 26.0, 60.0) for aside in (0.0, 9.0)]
SEEN += [
    (camera, far, aside) for camera in RIG[1:] for far in (6.0, 14.0, 30.0) for aside in (0, 40)
]


@pytest.mark.parametrize(("camera", "distance", "aside"), SEEN)
def test_a_car_is_as_large_in_its_close_up_whatever_its_place(camera, distance, aside):
    uv, depth = camera.project(ahead_of(camera, distance, aside))
    width, height = (metres * camera.focal_px / depth[0] for metres in (2.0, 1.4))
    picture = picture_of_box(camera, *uv[0], width, height)
    log_range = np.log(np.array([distance / camera.focal_px]))
    light = cut(camera, picture, uv, log_range)[0, :, :, 0] / 255.0
    assert light[SIDE // 2].sum() == pytest.approx(2.0 * SIDE / SPAN, rel=0.03)
    assert light[:, SIDE // 2].sum() == pytest.approx(1.4 * SIDE / SPAN, rel=0.03)
    places = np.arange(SIDE) + 0.5
    steps = max(0.08, 0.04 + 2.0 * SIDE / SPAN / width / 32)  # OpenCV has 32 to a pixel
    assert (light.sum(0) @ places) / light.sum() == pytest.approx(SIDE / 2, abs=steps)
    assert (light.sum(1) @ places) / light.sum() == pytest.approx(SIDE / 2, abs=steps)


def test_beside_the_picture_it_is_black():
    white = np.full((96, 192, 3), 255, np.uint8)
    log_range = np.log(np.array([30.0 / NARROW.focal_px]))
    piece = cut(NARROW, white, np.array([[0.0, 48.0]]), log_range)[0]
    assert piece[:, : SIDE // 2 - 1].max() == 0
    assert piece[:, SIDE // 2 + 1 :].min() == 255


def cells_at(ranges_m, camera, log_std=-2.0):
    code = np.zeros((len(ranges_m), len(CODE)))
    code[:, INDEX["range"]] = np.log(np.array(ranges_m) / RIG[camera].focal_px)
    code[:, INDEX["log_std_range"]] = log_std
    n = len(ranges_m)
    return Cells(np.full(n, camera), np.ones(n), np.full(n, 8), np.full(n, 24), code)


def frames():
    return [CameraFrame(camera, np.zeros((96, 192, 3), np.uint8), 0.0) for camera in RIG]


def saying(further, log_std):
    return lambda pixels, _: np.tile(np.float32([further, log_std]), (len(pixels), 1))


@pytest.mark.parametrize("camera", range(len(RIG)))
def test_what_a_close_up_tells_takes_the_place_of_the_guess(camera):
    after = refined(cells_at([10.0, 20.0], camera), frames(), saying(np.log(1.1), -4.0))
    expected = cells_at([11.0, 22.0], camera, log_std=-4.0)
    np.testing.assert_allclose(after.code, expected.code, atol=1e-6)


def test_each_vehicle_is_cut_from_its_own_picture_where_it_was_found():
    both = [cells_at([20.0], RIG.index(camera)) for camera in (WIDE, NARROW)]  # not in their order
    cells, pictures = Cells(*map(np.concatenate, zip(*both, strict=True))), frames()
    for c, (u, v), grey in zip(cells.camera, cells.uv_img().astype(int), (100, 200), strict=True):
        pictures[c].rgb[v - 2 : v + 2, u - 2 : u + 2] = grey

    def seeing(pixels, _):
        (light,) = pixels[..., 0] > 50
        assert np.argwhere(light).mean(axis=0) == pytest.approx((SIDE - 1) / 2, abs=0.5)
        return np.array([[pixels.max() / 1000, -4.0]])

    after = refined(cells, pictures, seeing).code - cells.code
    np.testing.assert_allclose(after[:, INDEX["range"]], [0.1, 0.2], atol=1e-3)


def test_who_is_too_small_is_not_looked_at_closer():
    before = cells_at([20.0, 60.0], RIG.index(WIDE))
    after = refined(before, frames(), saying(0.1, -9.0))
    assert (after.code != before.code).any(axis=1).tolist() == [True, False]
    assert len(refined(cells_at([], 0), frames(), saying(0.1, -9.0)).code) == 0


def training(driven, folder):
    return CloseUp(
        data=(driven,), out=folder / "out", close_ups=folder / "made", seeds=(0, 0),
        held_out=(1, 1), device="cpu", take=TAKE,
        train=CloseUpTraining(steps=30, batch_size=8, warm_up=5),
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(driven, tmp_path_factory):
    folder = tmp_path_factory.mktemp("close-up")
    train_close_up(training(driven, folder))
    return folder


def test_what_is_learned_from_is_made_once_and_is_as_far_off_as_asked(driven, trained):
    files = close_up_files([driven], trained / "made", TAKE, (0, 0), quiet=True)
    before = {path: path.stat().st_mtime_ns for path in files}
    again = close_up_files([driven], trained / "made", TAKE, (0, 0), quiet=True)
    assert before == {path: path.stat().st_mtime_ns for path in again}
    made, _ = load_close_ups(files)
    assert len(made) > 20
    assert made.further.std() == pytest.approx(TAKE.off_range, rel=0.3)
    with pytest.raises(ValueError, match=r"seeds \(7, 8\), got none"):
        close_up_files([driven], trained / "made", TAKE, (7, 8))


def test_a_training_leaves_files_that_agree(trained):
    pixels = np.random.default_rng(0).integers(0, 255, (5, SIDE, SIDE, 3)).astype(np.uint8)
    known = np.zeros((5, len(ABOUT)), np.float32)
    one = OnnxMeasure(trained / "out" / "close_up.onnx")(pixels, known)
    other = TorchMeasure(trained / "out" / "close_up.safetensors")(pixels, known)
    np.testing.assert_allclose(one, other, atol=1e-3)
    assert "of 8 close-ups" in (trained / "out" / "close_up.md").read_text()


def test_a_training_begins_with_the_weights_it_is_given(driven, trained):
    begun = trained / "out" / "close_up.safetensors"
    still = CloseUpTraining(steps=1, batch_size=8, learning_rate=0.0)
    train_close_up(
        replace(training(driven, trained), out=trained / "further", start=begun, train=still)
    )
    before, after = (load_weights(f)[0] for f in (begun, trained / "further" / begun.name))
    torch.testing.assert_close(after.tell.weight, before.tell.weight, rtol=0, atol=0)


def guesses(count, off, seed):
    """Close-ups that show nothing, with guesses that are so far off."""
    further = np.random.default_rng(seed).normal(0, off, count).astype(np.float32)
    pixels = np.full((count, SIDE, SIDE, 3), 110, np.uint8)
    known = np.zeros((count, len(ABOUT)), np.float32)
    return CloseUps(pixels, known, further, np.full(count, 20.0, np.float32))


@pytest.mark.parametrize("off", [0.02, 0.3])
def test_calibrated_standard_deviations_hold_on_others(off):
    torch.manual_seed(0)
    network = CloseUpNet(CloseUpShape((16, 16), 16))
    calibrate(network, guesses(1500, off, seed=0), 256)
    figures = validate(network, guesses(1500, off, seed=1), 256)
    assert figures["calibration/within_2_sigma_near"] == pytest.approx(0.95, abs=0.02)
    assert figures["guess/near"] == pytest.approx(20 * off * np.sqrt(2 / np.pi), rel=0.1)


def test_a_training_picture_is_cut_where_it_shows_the_car(monkeypatch):
    places = []
    monkeypatch.setattr(
        close_ups,
        "cut",
        lambda camera, rgb, uv, log_range: places.append(uv) or cut(camera, rgb, uv, log_range),
    )
    world = World("highway", cameras=False)
    world.reset(3)
    askew = replace(weather_for("clear", 0), mount_angle_std=0.05)
    renderer = Renderer(world.road_map, (NARROW,), askew, 1)
    exact = replace(TAKE, off_px=0.0, off_range=0.0)
    parts = list(close_ups.of_view(world, renderer, exact, np.random.default_rng(0)))
    agents = world.truth().agents
    chosen = vehicle_targets(agents, NARROW)[2]
    xy, heading = agents.xy_ego[chosen], agents.heading[chosen]
    shown = encode_pose(renderer.mounted[0], xy, heading)[0]
    assert np.abs(shown - encode_pose(NARROW, xy, heading)[0]).max() > 3
    np.testing.assert_allclose(np.concatenate(places), shown)
    np.testing.assert_allclose(np.concatenate([part.further for part in parts]), 0, atol=1e-6)


def test_who_is_worth_it_is_asked_of_the_guess():
    far = replace(TAKE, off_range=0.5)
    world = World("highway", cameras=False)
    world.reset(3)
    renderer = Renderer(world.road_map, RIG, weather_for("clear", 0), 1)
    rng = np.random.default_rng(0)
    parts = [part for _ in range(20) for part in close_ups.of_view(world, renderer, far, rng)]
    told = np.concatenate([part.about[:, ABOUT.index("range")] for part in parts]) - 2.0
    further = np.concatenate([part.further for part in parts])
    assert np.all(worth_it(told))
    assert not np.all(worth_it(told + further))  # some are really too far away
    assert np.any(worth_it(told + further))


def test_a_foreign_or_damaged_network_beside_is_refused(trained, tmp_path):
    (tmp_path / "perception.onnx").write_bytes(ONNX_FILE.read_bytes())
    (tmp_path / "close_up.onnx").write_bytes(ONNX_FILE.read_bytes())
    with pytest.raises(ValueError, match="expected format roadloop-close-up"):
        OnnxLook(tmp_path / "perception.onnx")
    whole = (trained / "out" / "close_up.onnx").read_bytes()
    (tmp_path / "close_up.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="expected a network"):
        OnnxLook(tmp_path / "perception.onnx")


def test_what_makes_training_harder_leaves_the_car_what_it_is():
    left = np.zeros((64, SIDE, SIDE, 3), np.uint8)
    left[:, 20:28, 8:20] = 200
    batch = {
        "pixels": torch.from_numpy(left.copy()),
        "about": torch.tensor([[0.1, 0.5, 0.2, 0.3, 0.4]]).repeat(64, 1),
        "further": torch.zeros(64),
    }
    make_harder(batch, CloseUpTraining(light=0.0, shift=3), torch.Generator().manual_seed(0))
    light = batch["pixels"].numpy()[..., 0] > 100
    assert {int(each.any(0).sum()) for each in light} == {12}  # as wide as before
    middle = np.array([each.any(0).nonzero()[0].mean() for each in light])
    row = np.array([each.any(1).nonzero()[0].mean() for each in light])
    mirrored = batch["about"][:, 1].numpy() < 0
    assert 0.2 < mirrored.mean() < 0.8
    np.testing.assert_array_less(np.abs(middle - np.where(mirrored, 33.5, 13.5)), 3.01)
    assert np.ptp(row) > 3
    assert np.all(batch["about"].numpy()[:, [0, 2, 3, 4]] == np.float32([0.1, 0.2, 0.3, 0.4]))


@pytest.mark.parametrize("camera", RIG)
def test_what_is_told_beside_the_pixels_is_about_one_in_size(camera):
    corners = np.array([[0.0, 16.0], [192.0, 96.0]])
    told = about(camera, corners, np.log(np.array([5.0, 40.0]) / camera.focal_px))
    largest = dict(zip(ABOUT, np.abs(told).max(axis=0), strict=True))
    assert largest["u"] == largest["v"] == 1.0
    assert 0.5 < largest["lens"] < 1.2
    assert largest["down"] < 2.0
    assert largest["range"] < 2.3


@pytest.mark.parametrize("camera", RIG)
def test_it_is_told_how_far_below_the_horizon_it_looks(camera):
    far = ahead_of(camera, 1e5, 0.0)
    far[0, 2] = camera.xyz_ego[2]  # as high as the lens
    told = about(camera, camera.project(far)[0], np.zeros(1))[0]
    assert told[ABOUT.index("down")] == pytest.approx(0.0, abs=1e-3)
    near = ahead_of(camera, 2.0, 0.0)
    near[0, 2] = camera.xyz_ego[2] - 1.0
    told = about(camera, camera.project(near)[0], np.zeros(1))[0]
    assert told[ABOUT.index("down")] == pytest.approx(2 * np.sin(np.arctan2(1.0, 2.0)), rel=1e-3)
