"""What is known of a generated dataset before anything of it is decoded: its classes, descriptions and ceilings."""

from __future__ import annotations

from typing import Any

from birdmml.data import NAME, design_of, recipe_of, species_of
from birdmml.modalities import AUDIO, IMAGE, bird_inputs
from birdmml.prompts import reference_descriptions
from confu_core.datasets import Contents
from confu_core.media.opened import MediaData
from confu_core.media.task import Ceilings
from confu_core.shards import Dataset, Manifest

__all__ = ["data_columns", "known_birds"]

# Query, to what the manifest calls its Bayes accuracy.
BAYES = {IMAGE: "bayes_image", AUDIO: "bayes_audio", f"{IMAGE}+{AUDIO}": "bayes_both"}


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


def known_birds(dataset: Dataset) -> MediaData:
    """Return what is known of a generated dataset: all of it.

    Parameters
    ----------
    dataset : Dataset
        That `BirdRecipe` described.

    Returns
    -------
    MediaData
        With exact ceilings, and descriptions of the species.

    Raises
    ------
    DatasetError
        If the manifest does not describe a dataset of birds.
    """
    manifest = dataset.manifest
    recipe = recipe_of(manifest)
    design, species = design_of(recipe.settings), species_of(recipe.settings)
    contents = Contents(
        bird_inputs(recipe.settings),
        "species",
        design.names,
        tuple(reference_descriptions(recipe.settings, design, species)),
        tuple(design.place[row][0].group for row in range(len(species))),
    )
    total = manifest.information["overall"]["total_correlation"]
    return MediaData(dataset, contents, NAME, data_columns(manifest), _ceilings(manifest), total)


def _ceilings(manifest: Manifest) -> dict[str, Ceilings]:
    said = manifest.information
    known = {"all": said["overall"], **said["groups"]}
    return {
        group: Ceilings({query: float(values[name]) for query, name in BAYES.items()})
        for group, values in known.items()
    }
