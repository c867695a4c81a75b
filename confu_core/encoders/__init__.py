"""Encoders: what turns the raw inputs of one modality into features."""

from confu_core.encoders.convolutional import ConvolutionalEncoder, PictureEncoder, SoundEncoder
from confu_core.encoders.own import load_encoder
from confu_core.encoders.sequence import SequenceEncoder, TextEncoder
from confu_core.encoders.vector import VectorEncoder, vector_encoder

__all__ = [
    "ConvolutionalEncoder",
    "PictureEncoder",
    "SequenceEncoder",
    "SoundEncoder",
    "TextEncoder",
    "VectorEncoder",
    "load_encoder",
    "vector_encoder",
]
