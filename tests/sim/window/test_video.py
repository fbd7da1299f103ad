"""Videos play in a browser; screenshots are the picture asked for."""

import cv2
import numpy as np
import pytest

from sim.window.video import Screenshot, VideoWriter

COLORS = [(200, 40, 30), (30, 180, 60), (40, 60, 210)]


def pictures():
    return [np.full((48, 64, 3), color, np.uint8) for color in COLORS]


def fourcc(video, what):
    return int(video.get(what)).to_bytes(4, "little").decode()


def test_a_video_decodes_to_what_was_written(tmp_path):
    path = tmp_path / "new folder" / "v.mp4"
    writer = VideoWriter(path, 64, 48, 10)
    for picture in pictures():
        writer.write(picture)
    writer.close()
    video = cv2.VideoCapture(str(path))
    assert fourcc(video, cv2.CAP_PROP_FOURCC) in ("avc1", "h264")
    assert fourcc(video, cv2.CAP_PROP_CODEC_PIXEL_FORMAT) == "I420"  # yuv420p
    assert video.get(cv2.CAP_PROP_FPS) == 10
    decoded = [video.read()[1][..., ::-1] for _ in COLORS]
    assert not video.read()[0]
    for frame, color in zip(decoded, COLORS, strict=True):
        np.testing.assert_allclose(frame.mean(axis=(0, 1)), color, atol=12)
    file = path.read_bytes()
    assert file.index(b"moov") < file.index(b"mdat")  # starts before it is loaded


def test_a_picture_of_another_size_is_refused(tmp_path):
    writer = VideoWriter(tmp_path / "v.mp4", 64, 48, 10)
    with pytest.raises(ValueError, match=r"expected a picture \(48, 64, 3\), got \(48, 60, 3\)"):
        writer.write(np.zeros((48, 60, 3), np.uint8))
    writer.write(pictures()[0])
    writer.close()


def test_a_video_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.mp4, got .*v\.gif"):
        VideoWriter(tmp_path / "v.gif", 64, 48, 10)


@pytest.mark.parametrize(("index", "kept"), [(0, 0), (1, 1), (9, 2)])
def test_a_screenshot_is_the_picture_asked_for_or_the_last(tmp_path, index, kept):
    screenshot = Screenshot(tmp_path / "s.png", index)
    for picture in pictures():
        screenshot.write(picture)
    screenshot.close()
    image = cv2.imread(str(tmp_path / "s.png"))[..., ::-1]
    assert tuple(image[0, 0]) == COLORS[kept]
