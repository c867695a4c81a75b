"""What is known of a generated dataset before anything of it is decoded: its classes, descriptions and ceilings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from birdmml.data import NAME, BirdData, design_of, recipe_of, species_of
from birdmml.modalities import AUDIO, IMAGE, bird_inputs
from birdmml.prompts import reference_descriptions
from confu_core.ceilings import Ceilings
from confu_core.datasets import Contents
from confu_core.media.opened import MediaData
from confu_core.runs.measures import Measure
from confu_core.shards import Manifest

__all__ = ["data_columns", "known_birds"]


def data_columns(manifest: Manifest) -> dict[str, Any]:
    """Return what results say of a generated dataset.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    dict of str to object
        ``data``, the start of its fingerprint; the number of ``species``, mixing parameter ``p``, ``triplets``, and
        ``data_seed``.
    """
    return {
        "data": manifest.fingerprint[:12],
        "species": int(manifest.information["overall"]["species"]),
        "p": float(manifest.config["p"]),
        "triplets": sum(manifest.splits.values()),
        "data_seed": manifest.seed,
    }


def known_birds(birds: BirdData) -> MediaData:
    """Return what is known of a generated dataset: all of it.

    Parameters
    ----------
    birds : BirdData
        As `birdmml.data.open_birds` returns it.

    Returns
    -------
    MediaData
        With exact ceilings, and descriptions of the species.

    Raises
    ------
    DatasetError
        If the manifest does not describe a dataset of birds.
    """
    manifest = birds.manifest
    recipe = recipe_of(manifest)
    design, species = design_of(recipe.settings), species_of(recipe.settings)
    contents = Contents(
        bird_inputs(recipe.settings),
        "species",
        design.names,
        tuple(reference_descriptions(recipe.settings, design, species)),
        tuple(design.place[row][0].group for row in range(len(species))),
    )
    said = manifest.information
    latents = "species, shown look and shown song"
    facts = (Measure("data", latents, "total correlation", said["overall"]["total_correlation"]),)
    return MediaData(birds.dataset, contents, NAME, data_columns(manifest), _ceilings(said), facts)


def _ceilings(said: Mapping[str, Any]) -> dict[str, dict[str, Ceilings]]:
    known = {"all": said["overall"], **said["groups"]}
    return {group: _by_query(values) for group, values in known.items()}


def _by_query(values: Mapping[str, Any]) -> dict[str, Ceilings]:
    """Return the ceilings of each query; from a single modality all of them are one."""
    image, audio, both = (float(values[name]) for name in ("bayes_image", "bayes_audio", "bayes_both"))
    fused = Ceilings(float(values["single_ceiling"]), float(values["pairwise_ceiling"]), both)
    return {IMAGE: Ceilings(image, image, image), AUDIO: Ceilings(audio, audio, audio), f"{IMAGE}+{AUDIO}": fused}
