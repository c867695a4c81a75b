"""The exact theory of the XOR task: information in nats, Bayes accuracies, and the decomposition of each target.

The task: all modalities but the last are independent uniform codes of ``bits`` bits. The last is the XOR of all the
others with probability p, else a copy of the first; with ``parity="pair"`` it is the XOR of the first two, and those
between the second and the last are independent of everything. Then every observed bit flips with probability
``noise``; the theory speaks of the observed codes. Nothing is sampled and nothing is trained: without noise each
quantity is a closed form whose cost does not depend on the number of bits, with noise it is a sum over at most
(bits + 1)**2 terms.
"""

from __future__ import annotations

from xor_bench._bayes import additive_ceiling, bayes_accuracy, ceilings, chance, pairwise_ceiling, single_ceiling
from xor_bench._decomposition import Decomposition, decomposition
from xor_bench._information import Information, connected_information, information
from xor_bench.modalities import direction_name, directions

__all__ = [
    "Decomposition",
    "Information",
    "additive_ceiling",
    "bayes_accuracy",
    "ceilings",
    "chance",
    "connected_information",
    "decomposition",
    "direction_name",
    "directions",
    "information",
    "pairwise_ceiling",
    "single_ceiling",
]
