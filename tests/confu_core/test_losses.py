"""The functional losses against published values, slow loops, finite differences and invariances."""

import json
from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from confu_core import losses
from confu_core.errors import InvalidValue

GOLDEN = json.loads(Path(__file__).with_name("golden_losses.json").read_text())


@pytest.fixture
def z():
    return [torch.tensor(rows, dtype=torch.float64) for rows in GOLDEN["z"]]


def random_embeddings(modalities, n, dim, seed=0):
    source = torch.Generator().manual_seed(seed)
    return [normalize(torch.randn(n, dim, generator=source, dtype=torch.float64), dim=-1) for _ in range(modalities)]


def test_golden_clip(z):
    assert losses.clip_loss(z).item() == pytest.approx(GOLDEN["clip_pairwise"], abs=1e-5)


def test_golden_confu(z):
    fused = {
        tuple(int(m) - 1 for m in key if m.isdigit()): torch.tensor(rows, dtype=torch.float64)
        for key, rows in GOLDEN["fused"].items()
    }
    for lam, value in GOLDEN["confu"].items():
        assert losses.confu_loss(z, fused, lam=float(lam)).item() == pytest.approx(value, abs=1e-5)


def test_golden_gram(z):
    volume = torch.tensor(GOLDEN["gram_volume"], dtype=torch.float64)
    torch.testing.assert_close(losses.gram_volume(*z), volume, atol=1e-4, rtol=0)
    assert losses.gram_loss(z).item() == pytest.approx(GOLDEN["gram_loss"], abs=1e-4)


def test_golden_triangle(z):
    area = torch.tensor(GOLDEN["triangle_area"], dtype=torch.float64)
    torch.testing.assert_close(losses.triangle_area(*z), area, atol=1e-5, rtol=0)
    assert losses.triangle_loss(z).item() == pytest.approx(GOLDEN["triangle_loss"], abs=1e-5)


def test_golden_symile(z):
    value = losses.symile_loss(z, 10.0, negatives="n_squared").item()
    assert value == pytest.approx(GOLDEN["symile_n_squared_loss_scale10"], abs=1e-5)


@pytest.mark.parametrize("modalities", [2, 3, 4, 5])
def test_gram_volume_is_the_root_of_the_gram_determinant(modalities):
    z = random_embeddings(modalities, 4, 8)
    volume = losses.gram_volume(*z)
    for r in range(4):
        for s in range(4):
            rows = torch.stack([z[0][r], *(other[s] for other in z[1:])])
            assert volume[r, s].item() == pytest.approx(torch.linalg.det(rows @ rows.T).abs().sqrt().item(), abs=1e-10)


def test_coinciding_vectors_have_finite_gradients():
    z = [random_embeddings(1, 4, 8)[0].requires_grad_() for _ in range(3)]
    (losses.gram_loss(z) + losses.triangle_loss(z)).backward()
    assert all(torch.isfinite(embedding.grad).all() for embedding in z)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"lam": 2.0}, r"lam must be in \[0, 1\]; got 2.0"),
        ({"fused": {(0, 3): torch.eye(2)}}, r"fused must fuse some of modalities 0 to 2; got \(0, 3\)"),
        ({"fused": {(0, 1): torch.eye(3)}}, r"of one shape \(n, dim\); got \(2, 2\), \(2, 2\), \(2, 2\), \(3, 3\)"),
        ({"z": [torch.eye(2), torch.eye(2).numpy()]}, r"of one shape \(n, dim\); got \(2, 2\), ndarray"),
    ],
)
def test_what_is_no_embedding_is_one_line(change: dict, line: str) -> None:
    with pytest.raises(InvalidValue, match=line):
        losses.confu_loss(**{"z": [torch.eye(2)] * 3, "fused": {}, **change})


@pytest.mark.parametrize("loss", [losses.clip_loss, losses.gram_loss, losses.triangle_loss])
def test_gradients_against_finite_differences(loss):
    z = [embedding.requires_grad_() for embedding in random_embeddings(3, 4, 5)]
    assert torch.autograd.gradcheck(lambda *rows: loss(list(rows), temperature=0.5), z)


def test_symile_gradient_against_finite_differences():
    z = [embedding.requires_grad_() for embedding in random_embeddings(3, 4, 5)]
    assert torch.autograd.gradcheck(lambda *rows: losses.symile_loss(rows, 2.0, negatives="n_squared"), z)


def test_bad_choices_say_what_is_valid():
    with pytest.raises(InvalidValue, match="exactly 3 modalities; got 4"):
        losses.triangle_loss(random_embeddings(4, 2, 3))
    with pytest.raises(InvalidValue, match="negatives must be 'n' or 'n_squared'; got 'm'"):
        losses.symile_loss(random_embeddings(3, 2, 3), 1.0, negatives="m")


def fused_embeddings(seed=1):
    return dict(zip([(0, 1), (0, 2), (1, 2)], random_embeddings(3, 4, 5, seed), strict=True))


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_confu_gradient_against_finite_differences(lam):
    rows = [embedding.requires_grad_() for embedding in [*random_embeddings(3, 4, 5), *fused_embeddings().values()]]

    def loss(*rows):
        return losses.confu_loss(rows[:3], dict(zip(fused_embeddings(), rows[3:], strict=True)), lam, temperature=0.5)

    assert torch.autograd.gradcheck(loss, rows)


def test_confu_without_fused_terms_is_a_third_of_the_pairs_and_at_half_weight_half_a_plain_mean():
    z, fused = random_embeddings(3, 4, 5), fused_embeddings()
    terms = [losses.clip_loss(pair).item() for pair in combinations(z, 2)]
    terms += [losses.clip_loss([fused[pair], z[3 - sum(pair)]]).item() for pair in fused]
    assert losses.confu_loss(z, {}, lam=0.0).item() == pytest.approx(losses.clip_loss(z).item())
    assert losses.confu_loss(z, fused, lam=0.5).item() == pytest.approx(sum(terms) / 6 / 2)
    assert losses.confu_loss(z, fused, lam=0.2).item() == pytest.approx(
        (0.8 * sum(terms[:3]) + 0.2 * sum(terms[3:])) / 6
    )


@pytest.mark.parametrize("loss", [losses.gram_loss, losses.triangle_loss])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_anchored_losses_are_smoothed_cross_entropies_of_a_slow_loop(loss, smoothing):
    z = random_embeddings(3, 5, 6)
    score = losses.gram_volume if loss is losses.gram_loss else losses.triangle_area
    for anchor in range(3):
        others = [z[m] for m in range(3) if m != anchor]
        logits = -torch.stack(
            [
                torch.stack([score(z[anchor][r : r + 1], *(o[s : s + 1] for o in others))[0, 0] for s in range(5)])
                for r in range(5)
            ]
        )
        target = torch.arange(5)
        both = [cross_entropy(side / 0.2, target, label_smoothing=smoothing).item() for side in (logits, logits.T)]
        assert loss(z, anchor, 0.2, smoothing).item() == pytest.approx(sum(both) / 2)


def slow_symile(z, scale, permutations):
    """Every sample against its own tuple and the shuffled tuples of the others, from the definition."""
    n, total = len(z[0]), 0.0
    for anchor, shuffles in enumerate(permutations):
        others = [z[m] for m in range(len(z)) if m != anchor]
        for r in range(n):
            logits = []
            for s in range(n):
                members = [o[r if s == r else shuffle[s]] for o, shuffle in zip(others, shuffles, strict=True)]
                logits.append(scale * torch.stack([z[anchor][r], *members]).prod(0).sum())
            total += float(torch.stack(logits).logsumexp(0) - logits[r]) / n / len(z)
    return total


@pytest.mark.parametrize("modalities", [3, 4])
def test_symile_shuffles_every_other_modality_on_its_own(modalities):
    z = random_embeddings(modalities, 6, 5)
    torch.manual_seed(3)
    permutations = [[torch.randperm(6) for _ in range(modalities - 1)] for _ in range(modalities)]
    torch.manual_seed(3)
    assert losses.symile_loss(z, 3.0).item() == pytest.approx(slow_symile(z, 3.0, permutations))
    assert len({losses.symile_loss(z, 3.0).item() for _ in range(5)}) == 5  # Fresh ones every time.


def test_symile_gradient_with_shuffled_negatives_against_finite_differences():
    def loss(*rows):
        torch.manual_seed(0)
        return losses.symile_loss(rows[:3], rows[3].exp())

    z = [embedding.requires_grad_() for embedding in random_embeddings(3, 4, 5)]
    assert torch.autograd.gradcheck(loss, [*z, torch.tensor(0.7, dtype=torch.float64, requires_grad=True)])


def test_symile_against_all_tuples_is_a_slow_loop_over_them():
    z = random_embeddings(3, 4, 5)
    total = 0.0
    for anchor in range(3):
        left, right = (z[m] for m in range(3) if m != anchor)
        for r in range(4):
            logits = torch.stack([2 * (z[anchor][r] * left[s] * right[t]).sum() for s in range(4) for t in range(4)])
            total += float(logits.logsumexp(0) - logits[5 * r]) / 12
    assert losses.symile_loss(z, 2.0, negatives="n_squared").item() == pytest.approx(total)


@pytest.mark.parametrize("name", ["clip", "gram", "triangle", "symile"])
def test_losses_do_not_depend_on_the_order_of_samples_or_on_rotation(name):
    z = random_embeddings(3, 6, 5)
    functions = {
        "clip": losses.clip_loss,
        "gram": losses.gram_loss,
        "triangle": losses.triangle_loss,
        "symile": lambda z: losses.symile_loss(z, 2.0, negatives="n_squared"),
    }
    loss, order = functions[name], torch.randperm(6, generator=torch.Generator().manual_seed(0))
    want = loss(z).item()
    assert loss([embedding[order] for embedding in z]).item() == pytest.approx(want)
    turn, _ = torch.linalg.qr(random_embeddings(1, 5, 5, seed=2)[0])
    turned = loss([embedding @ turn for embedding in z]).item()
    assert (turned == pytest.approx(want)) is (name != "symile")
    assert loss([z[0], z[1][order], z[2]]).item() != pytest.approx(want)


def test_a_volume_scores_opposite_embeddings_like_equal_ones():
    z = random_embeddings(3, 6, 5)
    assert losses.gram_loss([z[0], -z[1], z[2]]).item() == pytest.approx(losses.gram_loss(z).item())
    assert losses.triangle_loss([z[0], -z[1], z[2]]).item() != pytest.approx(losses.triangle_loss(z).item())
