"""What a dataset is, asked once: generated birds, of which all is known, or media of which the manifest tells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from birdmml.data import NAME, BirdData, design_of, recipe_of, species_of
from birdmml.sample import reference_descriptions
from birdmml.settings import Settings
from confu_core.ceilings import Ceilings
from confu_core.datasets import Contents, contents_of
from confu_core.datasets.contents import CONTENTS, ceilings_of
from confu_core.errors import DatasetError
from confu_core.inputs import InputSpec, Picture, Sound, Text
from confu_core.runs.measures import Measure
from confu_core.shards import Dataset, Manifest

if TYPE_CHECKING:
    from confu_core.media.opened import MediaData
IMAGE, AUDIO, CAPTION = "image", "audio", "caption"


class Description:
    """A dataset as its manifest describes it, if it does; nothing but the manifest is read."""

    generated = False
    rows, classes = "samples", "classes"  # What they are called.

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.real = CONTENTS in dataset.manifest.information

    @cached_property
    def contents(self) -> Contents:
        """What its columns are."""
        return contents_of(self.dataset.manifest)

    @property
    def bayes(self) -> Mapping[str, float]:
        """The best accuracies by query, such as ``"image+audio"``, as the manifest has them; none if not known."""
        return {query: one.bayes for query, one in ceilings_of(self.dataset.manifest).get("all", {}).items()}

    def media(self) -> MediaData:
        """Return it as a dataset to train on."""
        from confu_core.media.opened import media_data

        if not self.real:
            name = self.dataset.manifest.name
            raise DatasetError(f"{self.dataset.root} holds the dataset {name!r}, not {NAME!r}")
        return media_data(self.dataset)


class Birds(Description):
    """Generated birds: classes, descriptions and ceilings follow from the settings."""

    generated = True
    rows, classes = "triplets", "species"

    @cached_property
    def contents(self) -> Contents:
        """What its columns are, with descriptions of the species and their groups."""
        settings = recipe_of(self.dataset.manifest).settings
        design, species = design_of(settings), species_of(settings)
        return Contents(
            bird_inputs(settings),
            "species",
            design.names,
            tuple(reference_descriptions(settings, design, species)),
            tuple(design.place[row][0].group for row in range(len(species))),
        )

    @property
    def bayes(self) -> Mapping[str, float]:
        """The best accuracies over all species."""
        keys = {IMAGE: "bayes_image", AUDIO: "bayes_audio", f"{IMAGE}+{AUDIO}": "bayes_both"}
        known = self.dataset.manifest.information.get("overall")
        return {query: float(known[key]) for query, key in keys.items()} if known else {}

    def media(self) -> MediaData:
        """Return it as a dataset to train on, with exact ceilings."""
        from confu_core.media.opened import MediaData, checksum_of

        dataset = BirdData.of(self.dataset).dataset
        said = dataset.manifest.information
        latents = "species, shown look and shown song"
        facts = (Measure("data", latents, "total correlation", said["overall"]["total_correlation"]),)
        columns = {**data_columns(dataset.manifest), **checksum_of(self.dataset)}
        return MediaData(dataset, self.contents, NAME, columns, _ceilings(said), facts, said["version"])


def describe(dataset: Dataset) -> Description:
    """Return what is known of a dataset before anything of it is decoded: `Birds`, if it was generated.

    Its ``contents`` raise DatasetError where a manifest tells of neither birds nor media.

    >>> from birdmml.data import BirdRecipe
    >>> from birdmml.settings import Settings
    >>> from confu_core.shards.read import unwritten
    >>> described = describe(unwritten(BirdRecipe(Settings())))
    >>> described.generated, described.contents.label, len(described.contents.classes)
    (True, 'species', 20)
    """
    manifest = dataset.manifest
    generated = manifest.name == NAME and CONTENTS not in manifest.information
    return Birds(dataset) if generated else Description(dataset)


def data_columns(manifest: Manifest) -> dict[str, Any]:
    """Return what results say of a generated dataset; ``data`` is the start of its fingerprint."""
    return {
        "data": manifest.fingerprint[:12],
        "species": int(manifest.information["overall"]["species"]),
        "p": float(manifest.config["p"]),
        "triplets": sum(manifest.splits.values()),
        "data_seed": manifest.seed,
    }


def _ceilings(said: Mapping[str, Any]) -> dict[str, dict[str, Ceilings]]:
    """Return the ceilings of each query by group; from a single modality all of them are one."""
    known = {}
    for group, values in {"all": said["overall"], **said["groups"]}.items():
        image, audio, both = (float(values[name]) for name in ("bayes_image", "bayes_audio", "bayes_both"))
        fused = Ceilings(float(values["single_ceiling"]), float(values["pairwise_ceiling"]), both)
        alone = {IMAGE: Ceilings(image, image, image), AUDIO: Ceilings(audio, audio, audio)}
        known[group] = {**alone, f"{IMAGE}+{AUDIO}": fused}
    return known


def bird_inputs(settings: Settings) -> InputSpec:
    """Return what is read of a generated dataset: picture, song and caption."""
    audio = Sound("audio", settings.sample_rate, settings.seconds)
    return InputSpec({IMAGE: Picture("image"), AUDIO: audio, CAPTION: Text("caption")})
