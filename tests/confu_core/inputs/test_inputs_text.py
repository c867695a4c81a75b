"""The tokenizer: the same for the same captions, whole after a round trip, and never out of its vocabulary."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import Tokenizer
from confu_core.inputs.text import CLS, PAD, UNK
from confu_core.random import generator

WORDS = ["bird", "tail", "red", "blue", "wing", "sings", "whistle", "trill", "perched", "hovering"]


def captions(count: int = 300) -> list[str]:
    random = generator(0, "captions")
    return [" ".join(random.choice(WORDS, 6)).capitalize() + "." for _ in range(count)]


@pytest.mark.parametrize("vocabulary", [4, 20, 40, 4096])
def test_training_twice_gives_the_same_json(vocabulary: int) -> None:
    made = {Tokenizer.train(captions(), vocabulary).to_json() for _ in range(5)}
    assert len(made) == 1
    assert Tokenizer.from_json(made.pop()).size <= vocabulary


def test_another_process_trains_the_same(tmp_path: Path) -> None:
    code = "import sys; from confu_core.inputs import Tokenizer; t = Tokenizer.train(sys.stdin.read().split('\\n'), 25)"
    command = [sys.executable, "-c", f"{code}; t.save(sys.argv[1])", str(tmp_path / "t.json")]
    subprocess.run(command, input="\n".join(captions()), text=True, check=True)
    assert (tmp_path / "t.json").read_text() == Tokenizer.train(captions(), 25).to_json()


def test_ids_are_padded_cut_and_lower_cased() -> None:
    tokenizer = Tokenizer.train(captions())
    ids = tokenizer.encode(["Red bird", "red BIRD", "", "red bird tail wing sings", "\u4e16"], 4)
    assert ids.dtype == np.int16 and ids.shape == (5, 4)
    assert (ids[:, 0] == CLS).all()
    assert (ids[0] == ids[1]).all() and ids[0, 3] == PAD and (ids[0, 1:3] > CLS).all()
    assert ids[2].tolist() == [CLS, PAD, PAD, PAD]
    assert (ids[3, :3] == ids[0, :3]).all() and ids[3, 3] != PAD
    assert ids[4].tolist() == [CLS, UNK, PAD, PAD]
    assert tokenizer.encode([], 4).shape == (0, 4)


def test_round_trip(tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(captions())
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    assert again.to_json() == tokenizer.to_json() and again.size == tokenizer.size
    assert np.array_equal(again.encode(captions(), 12), tokenizer.encode(captions(), 12))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), max_size=5), st.lists(st.text(), max_size=5), st.integers(4, 60))
def test_any_text_stays_in_the_vocabulary(train: list[str], test: list[str], vocabulary: int) -> None:
    tokenizer = Tokenizer.train(train, vocabulary)
    assert tokenizer.size <= vocabulary
    ids = tokenizer.encode(test, 8)
    assert ids.size == 0 or (ids.min() >= 0 and ids.max() < tokenizer.size)


def test_a_word_without_end_is_learnt_up_to_a_limit() -> None:
    letters = np.random.default_rng(0).choice(list("abcdefgh"), 400_000)
    endless = "".join(letters)
    tokenizer = Tokenizer.train(["a bird", endless])  # Minutes, if all of the word were read.
    assert tokenizer.to_json() == Tokenizer.train(["a bird", endless[:1000]]).to_json()
    assert np.array_equal(tokenizer.encode([f"a {endless}"], 20), tokenizer.encode([f"a {endless[:1000]}"], 20))
    long = " ".join(captions() * 20)  # Of words that end.
    assert Tokenizer.train([long]).to_json() == Tokenizer.train(captions() * 20).to_json()


def test_damaged_and_other_tokenizers_are_refused(tmp_path: Path) -> None:
    good = json.loads(Tokenizer.train(captions()).to_json())
    other = {**good, "added_tokens": []}
    for text in ("", "{}", "[]", json.dumps(good)[:-40], json.dumps(other | {"model": {"type": "WordLevel"}})):
        with pytest.raises(DatasetError, match="^the tokenizer cannot be read: ") as caught:
            Tokenizer.from_json(text)
        assert "\n" not in str(caught.value)
    (tmp_path / "bad.json").write_bytes(b"\xff")
    with pytest.raises(DatasetError, match=r"bad\.json"):
        Tokenizer.load(tmp_path / "bad.json")
    with pytest.raises(DatasetError, match=r"none\.json cannot be read: No such file"):
        Tokenizer.load(tmp_path / "none.json")


@pytest.mark.parametrize("vocabulary", [3, 4097])
def test_vocabularies_out_of_range_are_refused(vocabulary: int) -> None:
    with pytest.raises(InvalidValue, match=rf"vocabulary must be in \[4, 4096\]; got {vocabulary}"):
        Tokenizer.train(["a"], vocabulary)
    with pytest.raises(InvalidValue, match="token length must be at least 1; got 0"):
        Tokenizer.train(["a"]).encode(["a"], 0)
