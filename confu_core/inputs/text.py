"""Text: a tokenizer that is trained on the captions of a dataset, the same for the same captions."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.complaint import refusing

if TYPE_CHECKING:
    import tokenizers

SPECIAL = ("[PAD]", "[UNK]", "[CLS]")
PAD, UNK, CLS = range(3)
VOCABULARY_LIMIT = 4096
MOST_LETTERS = 1000  # Of a word; what lies behind is not read.
_ENDLESS = re.compile(rf"(\S{{{MOST_LETTERS}}})\S+")


class Tokenizer:
    """Byte-pair merges over lower-cased words, learnt from captions."""

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self._inner = inner

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary: int = VOCABULARY_LIMIT) -> Tokenizer:
        """Learn a vocabulary; the same texts in the same order give the same tokenizer, to the byte."""
        if not len(SPECIAL) < vocabulary <= VOCABULARY_LIMIT:
            limits = f"[{len(SPECIAL) + 1}, {VOCABULARY_LIMIT}]"
            raise InvalidValue(f"vocabulary must be in {limits}; got {vocabulary}")
        library = _library()
        # Of the library's trainers WordPiece breaks ties by chance; byte pairs break them by number.
        inner = library.Tokenizer(library.models.BPE(unk_token=SPECIAL[UNK]))
        normal = library.normalizers
        inner.normalizer = normal.Sequence([normal.NFKC(), normal.Lowercase()])
        inner.pre_tokenizer = library.pre_tokenizers.BertPreTokenizer()
        known, characters = list(map(_without_endless_words, texts)), (vocabulary - len(SPECIAL) + 1) // 2
        alphabet = _alphabet((inner.normalizer.normalize_str(text) for text in known), characters)
        trainer = library.trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(SPECIAL),
            show_progress=False,
            initial_alphabet=alphabet,
            limit_alphabet=len(alphabet),
        )
        inner.train_from_iterator(known, trainer)
        return cls(inner)

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """Return the tokenizer that `to_json` wrote."""
        with refusing("the tokenizer cannot be read"):
            inner = _library().Tokenizer.from_str(text)
            kind = json.loads(text)["model"]["type"]
        numbers = [inner.token_to_id(token) for token in SPECIAL]
        if kind != "BPE" or numbers != [PAD, UNK, CLS] or inner.get_vocab_size() > VOCABULARY_LIMIT:
            wanted = f"byte pairs, {', '.join(SPECIAL)} first and at most {VOCABULARY_LIMIT} tokens"
            raise DatasetError(f"the tokenizer cannot be read: it must have {wanted}")
        inner.no_truncation()
        inner.no_padding()
        return cls(inner)

    @classmethod
    def load(cls, path: str | Path) -> Tokenizer:
        """Return the tokenizer in a file, or raise DatasetError naming it."""
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
        except (DatasetError, UnicodeError) as error:
            raise DatasetError(f"{path}: {error}") from error

    def to_json(self) -> str:
        """Return the tokenizer as JSON."""
        return self._inner.to_str()

    def save(self, path: str | Path) -> None:
        """Write the tokenizer into a file, whole or not at all."""
        from confu_core.io.atomic import write_whole

        write_whole(Path(path), self.to_json().encode())

    @property
    def size(self) -> int:
        """Number of tokens, the special ones included."""
        return self._inner.get_vocab_size()

    def encode(self, texts: Sequence[str], length: int) -> np.ndarray:
        """Return the token ids of texts, each after ``[CLS]``, cut or filled up with ``[PAD]``.

        Returns ndarray of int16, shape (n, length).
        """
        if length < 1:
            raise InvalidValue(f"the token length must be at least 1; got {length}")
        ids = np.full((len(texts), length), PAD, dtype=np.int16)
        ids[:, 0] = CLS
        for row, encoded in enumerate(
            self._inner.encode_batch_fast(list(map(_without_endless_words, texts)), add_special_tokens=False)
        ):
            known = encoded.ids[: length - 1]
            ids[row, 1 : 1 + len(known)] = known
        return ids


def _alphabet(texts: Iterable[str], limit: int) -> list[str]:
    # Left to itself the library breaks ties between rare characters by chance.
    counts = Counter(itertools.chain.from_iterable(texts))
    ranked = sorted((one for one in counts if not one.isspace()), key=lambda character: (-counts[character], character))
    return ranked[:limit]


def _without_endless_words(text: str) -> str:
    # Byte pairs take time as the square of a word's length: a minute and more for one that is no word.
    return _ENDLESS.sub(r"\1", text) if len(text) > MOST_LETTERS else text


def _library() -> Any:
    # Its threads win nothing over captions, and complain in every process that is forked after their first use.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import tokenizers

    return tokenizers
