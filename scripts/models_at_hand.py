"""The models that can drive here, by name: those of the registry, and the shipped one.

A name is one of the registry in runs/models; a name with a slash is one of another registry:
`runs/theirs/round-1` is the model `round-1` of the registry in runs/theirs. `shipped` and
`champion` are in every registry.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from datasets.learning.model import LOOK, ONNX, Model
from datasets.learning.registry import ROOT, SHIPPED, Registry
from perception.runtime import WEIGHTS as EYES
from perception.runtime import OnnxLook
from perception.trunk import trunk_of
from planning.policy.driver import WEIGHTS, OnnxMind, Policy


def registry_in(root: Path = ROOT) -> Registry:
    """The registry in a folder, with the model that comes with the code."""
    return Registry(root, shipped=WEIGHTS)


def model_named(name: str = SHIPPED) -> Model:
    """The model of that name; ValueError unless its files are what they were and it fits the
    perception that is here. Files are read for that once in a process, not once an episode."""
    registry, last = _where(name)
    model = registry.get(last)
    known = (model.folder.resolve(), *sorted(model.sha256.values()))
    if known not in _CHECKED:
        model.check()
        model.check_fits(_trunk_of(eyes_of(model)))
        _CHECKED.add(known)
    return model


def learned_driver(name: str = SHIPPED) -> Policy:
    """The model of that name as a LearnedDriver."""
    return Policy(OnnxMind(model_named(name).folder / ONNX))


def look_of(name: str = SHIPPED, closer: bool = True) -> OnnxLook:
    """The eyes that it looks with; not `closer`: for their features alone."""
    return OnnxLook(eyes_of(model_named(name)) / LOOK, closer=closer)


def eyes_of(model: Model) -> Path:
    """The folder of the perception that a model looks with."""
    return model.own_eyes or EYES


def settled(name: str) -> str:
    """The name with `champion` replaced by whoever that is now: results keep saying whom they are
    of when another one is."""
    registry, last = _where(name)
    return name.removesuffix(last) + registry.get(last).name


def name_in(root: Path, name: str) -> str:
    """The name by which agents know a model of a registry."""
    return name if root == ROOT else f"{root.as_posix()}/{name}"


def _where(name: str) -> tuple[Registry, str]:
    """The registry that a name means, and the name there."""
    root, slash, last = name.replace(os.sep, "/").rpartition("/")
    return registry_in(Path(root or slash) if slash else ROOT), last


_CHECKED: set[tuple[Path | str, ...]] = set()  # folders and checksums found good in this process
_trunk_of = functools.cache(trunk_of)
