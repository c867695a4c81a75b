"""Videos seen frame by frame, beside loops over samples and frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from known_media import DIM, InMemory, known_model, labels, make_task
from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core.encoders import AveragedFrames
from confu_core.evaluation.few_shot import logistic_few_shot
from confu_core.evaluation.probes import PUBLISHED, Labelled, linear_probe
from confu_core.geometry import gram_volume
from confu_core.inputs.spec import Frames, Picture
from confu_core.media.evaluate import evaluate_media
from confu_core.media.findings import FUSED, Findings
from confu_core.media.framewise import FramewiseFindings, model_on_videos
from confu_core.media.protocol import PROTOCOLS, protocol_of
from confu_core.media.task import MediaTask
from confu_core.methods import Method, Space
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.clip import CLIP
from confu_core.methods.confu import ConFu
from confu_core.methods.gram import GRAM
from confu_core.methods.symile import Symile
from confu_core.runs.measures import Measure

COUNT = 3
BOTH = (0, 1)


def videos(count: int = COUNT, every: float = 0.0) -> MediaTask:
    """The known task, whose pictures are videos of vectors that differ from frame to frame."""
    task, random = make_task(), np.random.default_rng(3)
    arrays = task.arrays
    assert isinstance(arrays, InMemory)
    tables = dict(arrays.tables)
    for split in task.splits:
        still = tables[split, "image"]
        moved = still[:, None] + random.normal(size=(len(still), count, DIM)) * (count > 1)
        tables[split, "image"] = moved.astype(np.float32)
    inputs = {**task.inputs, "image": Frames("image", count=count, every=every)}
    return replace(task, inputs=inputs, arrays=InMemory(tables, arrays.tokenizer))


def found(task: MediaTask, method: Callable[[Space], Method], protocol: str = "published") -> FramewiseFindings:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return FramewiseFindings(task, known_model(task, method).eval(), protocol=PROTOCOLS[protocol])


def frames_of(task: MediaTask, model: nn.Module, split: str = "test") -> list[EmbeddedBatch]:
    """The batch that each frame would be in the place of its video."""
    image, audio = task.arrays.array(split, "image"), task.arrays.array(split, "audio")
    batches = []
    for number in range(image.shape[1]):
        tables = [torch.from_numpy(rows) for rows in (image[:, number], audio)]
        batches.append(EmbeddedBatch(tables, [normalize(table, dim=-1) for table in tables]))
    return batches


def mean_embedding(task: MediaTask) -> Tensor:
    frames = torch.from_numpy(task.arrays.array("test", "image"))
    return normalize(normalize(frames, dim=-1).mean(1), dim=-1)


def test_fused_vectors_are_averaged_after_fusion() -> None:
    task = videos()
    own = found(task, ConFu)
    method = own.model.method
    with torch.no_grad():
        vectors = [method.embed(batch.view(BOTH)) for batch in frames_of(task, own.model)]
        mean = sum(one for one in vectors if one is not None)
        wanted = normalize(mean / COUNT, dim=-1)
    fused = own.vectors("test", BOTH, FUSED)
    assert fused is not None
    torch.testing.assert_close(fused, wanted)
    scores = own.scores(own.embedded("test").view(BOTH), own.prompts)
    torch.testing.assert_close(scores, wanted @ own.prompts.embedding(2).mT)
    # The other way round, and it is not what the mean of the pictures would give.
    torch.testing.assert_close(own.scores(own.prompts, own.embedded("test").view(BOTH)), scores.mT)
    still = replace(task, inputs=make_task().inputs, arrays=averaged(task))
    other = Findings(still, own.model).vectors("test", BOTH, FUSED)
    assert other is not None and (fused - other).abs().max() > 0.01


def averaged(task: MediaTask) -> InMemory:
    assert isinstance(task.arrays, InMemory)
    tables = {place: rows.mean(1) if place[1] == "image" else rows for place, rows in task.arrays.tables.items()}
    return InMemory(tables, task.arrays.tokenizer)


@pytest.mark.parametrize("method", [CLIP, ConFu, GRAM, Symile])
def test_a_video_alone_is_its_mean_embedding(method: Callable[[Space], Method]) -> None:
    task = videos()
    own = found(task, method)
    image, text = mean_embedding(task), own.prompts.embedding(2)
    view = own.embedded("test").view((0,))
    torch.testing.assert_close(own.vectors("test", (0,)), image)
    wanted = -gram_volume(image, text) if method is GRAM else image @ text.mT
    torch.testing.assert_close(own.scores(view, own.prompts), wanted)
    torch.testing.assert_close(own.scores(own.prompts, view), wanted.mT)


@pytest.mark.parametrize("method", [CLIP, GRAM])
def test_without_a_vector_of_its_own_the_mean_embedding_stands_for_the_video(
    method: Callable[[Space], Method],
) -> None:
    task = videos()
    own = found(task, method)
    image, text = mean_embedding(task), own.prompts.embedding(2)
    audio = normalize(torch.from_numpy(task.arrays.array("test", "audio")), dim=-1)
    wanted = (image + audio) @ text.mT if method is CLIP else -gram_volume(text, image, audio).mT
    torch.testing.assert_close(own.scores(own.embedded("test").view(BOTH), own.prompts), wanted)
    assert own.vectors("test", BOTH, FUSED) is None


def values(measures: list[Measure], *families: str) -> dict[tuple[object, ...], float | None]:
    rows = [one for one in measures if one.family in families]
    return {(one.family, one.subject, one.metric, one.condition, one.x): one.value for one in rows}


@pytest.mark.parametrize("method", [CLIP, ConFu, GRAM, Symile])
def test_a_video_of_one_frame_is_a_picture(method: Callable[[Space], Method]) -> None:
    task = videos(count=1)
    own = found(task, method, "default")
    plain = Findings(replace(task, inputs=make_task().inputs, arrays=averaged(task)), own.model)
    same = ("zero_shot", "retrieval", "dependence", "overlap")
    mine, theirs = (values(evaluate_media(each, families=same), *same) for each in (own, plain))
    assert len(mine) > 100 and mine == pytest.approx(theirs, abs=1e-6)


def test_single_frames_are_told_by_their_second() -> None:
    task = videos(every=0.5)
    own = found(task, ConFu)
    measures = values(evaluate_media(own, families=("frame",)), "frame")
    assert {place[3:] for place in measures} == {("second", 0.5), ("second", 1.0), ("second", 1.5)}
    assert {place[1] for place in measures} == {"image", "image+audio"}
    for number in range(COUNT):
        batch = frames_of(task, own.model)[number]
        right = own.classified(batch, BOTH, labels("test")).accuracy
        assert measures["frame", "image+audio", "accuracy", "second", 0.5 * (number + 1)] == pytest.approx(right)
    assert values(evaluate_media(Findings(make_task(), own.model), families=("frame",)), "frame") == {}
    assert Frames("image", count=8).moment(2) == ("frame", 3.0)


def test_few_shot_and_probes_are_the_published_ones() -> None:
    task = videos()
    own = found(task, ConFu)
    measures = values(evaluate_media(own, families=("few_shot", "probe")), "few_shot", "probe")
    fused = own.vectors("test", BOTH, FUSED)
    assert fused is not None
    for one in logistic_few_shot(Labelled(fused.numpy(), labels("test"))):
        place = ("few_shot", "image+audio", "accuracy", FUSED, float(one.shots))
        assert measures[place] == one.accuracy.mean
        assert one.balanced_accuracy is not None
        assert measures["few_shot", "image+audio", "balanced accuracy", FUSED, place[-1]] == one.balanced_accuracy.mean
    sets = [Labelled(own.vectors(split, (0,)).numpy(), labels(split)) for split in task.splits]  # type: ignore[union-attr]
    probe = linear_probe(*sets, **PUBLISHED)
    assert measures["probe", "image", "accuracy", "linear", None] == probe.accuracy


def test_encoders_of_pictures_take_videos() -> None:
    inputs = {"image": Frames("image", count=2), "audio": Picture("audio")}
    task = make_task(text=False)
    model = known_model(task)
    on_videos = model_on_videos(model, inputs, framewise=False)
    assert isinstance(on_videos.encoders[0], AveragedFrames) and on_videos.encoders[1] is not model.encoders[1]
    assert not isinstance(model.encoders[0], AveragedFrames)
    assert isinstance(model_on_videos(on_videos, inputs, framewise=True).encoders[0], type(model.encoders[0]))
    assert model_on_videos(model, task.inputs, framewise=True) is model


def test_protocols_have_names() -> None:
    assert protocol_of("published").framewise and not protocol_of("default").framewise
    with pytest.raises(Exception, match="protocol must be one of default, published; did you mean 'published'"):
        protocol_of("publishd")
