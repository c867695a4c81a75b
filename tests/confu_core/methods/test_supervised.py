"""The supervised model: the cross-entropy of a slow loop, the classes it tells, and data that have none."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue, MethodError
from confu_core.methods import EmbeddedBatch, Method, Space
from confu_core.methods.clip import CLIP
from confu_core.methods.supervised import Supervised
from xor_bench.run import run
from xor_bench.settings import Settings

ROWS, CLASSES = 5, 4
SPACE = Space(3, 7, 6, classes=CLASSES)


def make_batch() -> EmbeddedBatch:
    source = torch.Generator().manual_seed(1)
    features, z = (torch.randn(3, ROWS, width, generator=source, dtype=torch.float64) for width in (7, 6))
    labels = torch.randint(CLASSES, (ROWS,), generator=source)
    return EmbeddedBatch(list(features), list(normalize(z, dim=-1)), labels=labels)


def make_method(**options: object) -> Supervised:
    torch.manual_seed(0)
    return Supervised(SPACE, fused_width=8, dropout=0.0, **options).double()


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("fusion", ["concat", "shared"])
def test_the_loss_is_a_loop_over_subsets_and_rows(fusion: str, smoothing: float) -> None:
    method, batch = make_method(fusion=fusion, label_smoothing=smoothing, temperature=0.5), make_batch()
    losses = method.losses(batch)
    wanted = {}
    for subset in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        z, total = method.embed(batch.view(subset)), 0.0
        weight, bias = method.classifier.weight.tolist(), method.classifier.bias.tolist()
        for row, label in zip(z.tolist(), batch.labels.tolist(), strict=True):
            assert math.hypot(*row) == pytest.approx(1)
            logits = [
                2 * (math.fsum(w * x for w, x in zip(own, row, strict=True)) + b)
                for own, b in zip(weight, bias, strict=True)
            ]
            norm = math.log(math.fsum(map(math.exp, logits)))
            soft = [smoothing / CLASSES + (1 - smoothing) * (at == label) for at in range(CLASSES)]
            total -= math.fsum(share * (logit - norm) for share, logit in zip(soft, logits, strict=True))
        wanted["+".join(map(str, subset)) + "->class"] = total / ROWS / 7
    assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(wanted)


def test_a_score_is_the_probability_of_one_class() -> None:
    method, batch = make_method(), make_batch()
    query, key = batch.view((0, 1)), batch.view((2,))
    scores = method.score(query, key)
    told = [method.classify(side).softmax(-1).detach() for side in (query, key)]
    assert scores[1, 3].item() == pytest.approx(sum(float(told[0][1, c] * told[1][3, c]) for c in range(CLASSES)))
    assert ((scores > 0) & (scores <= 1)).all()


def test_data_without_classes_are_refused_in_one_line() -> None:
    with pytest.raises(InvalidValue, match="^Supervised learns from classes, and these data have none; use .*$"):
        run(Settings(method="supervised", bits=1, epochs=1, train_samples=20, test_samples=10, batch_size=10))
    bare = EmbeddedBatch(make_batch().features, make_batch().embeddings)
    with pytest.raises(MethodError, match="^supervised got a batch without labels; give its source .*$"):
        make_method().losses(bare)
    with pytest.raises(InvalidValue, match="^Supervised has a loss of its own; got loss 'sigmoid': leave it out$"):
        make_method(loss="sigmoid")


def test_a_method_of_ones_own_can_learn_from_classes() -> None:
    class Mine(CLIP):
        labelled = True

        def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
            assert batch.labels is not None
            return {**super().losses(batch), "0->class": batch.labels.double().mean()}

    with pytest.raises(InvalidValue, match="^Mine learns from classes"):
        Mine(Space(3, 7, 6))
    batch = make_batch()
    assert Mine(SPACE).losses(batch)["0->class"] == batch.labels.double().mean()
    assert Method.classify(Mine(SPACE), batch.view((0,))) is None
