"""What a preview says about a dataset and its samples: of any media, and of generated birds what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from birdmml.columns import COLUMNS
from birdmml.data import BirdData, recipe_of
from birdmml.describe import bird_inputs, describe
from confu_core.datasets import Contents, contents_of
from confu_core.datasets.contents import CEILINGS
from confu_core.shards import Dataset
from confu_core.shards.rows import label_columns

Pairs = list[tuple[str, str]]

MEANINGS = {
    "redundant": "Looks of its own and a song of its own: either tells the species.",
    "image-unique": "Looks of its own; the song is that of its whole unit.",
    "audio-unique": "A song of its own; the looks are those of its whole unit.",
    "complement": "Looks and song are each shared with other species of the unit; both together decide.",
    "xor": "Looks and song are drawn independently; only the conjunction tells the species, with probability p.",
}
ACCURACIES = {
    "bayes_image": "image (V)",
    "bayes_audio": "audio (A)",
    "pairwise_ceiling": "pairs",
    "bayes_both": "A+V",
    "headroom": "headroom",
    "higher_order_headroom": "higher order",
}
# In the order of a card; what they are called and how they are rounded stands with the columns.
FACTS = {
    "sample": ("individual", "recording"),
    "picture": ("sex", "activity", "background", "facing", "view", "occlusion", "blur", "noise"),
    "recording": ("syllables", "low_hz", "high_hz", "rate", "phrases", "weather", "others", "distance_m", "snr_db"),
}
BY_NAME = {column.name: column for column in COLUMNS}


@dataclass(frozen=True)
class Card:
    """One sample to look at: bytes or text of each modality, or the error that tells why not, and all other columns."""

    key: str
    split: str
    label: str
    media: Mapping[str, Any]
    values: Mapping[str, Any]


class Latent(NamedTuple):
    """What decided over a sample, whether that is not its class, and as what it was shown instead, if it was."""

    name: str
    value: str
    other: bool = False
    shown: str = ""


class About:
    """What is said about a dataset of any media."""

    noun = "samples"
    ceilings: Sequence[Sequence[str]] = ()
    trusted = False  # Whether a browser may read the pictures as they are stored.

    def __init__(self, dataset: Dataset) -> None:
        self.manifest = dataset.manifest
        self.name = self.manifest.name
        self.contents = self._contents()

    @property
    def remark(self) -> str:
        """What is to be known of all samples."""
        known = CEILINGS in self.manifest.information
        return "Ceilings are known: birdmml info shows them." if known else "Ceilings are not known."

    def _contents(self) -> Contents:
        return contents_of(self.manifest)

    def dials(self) -> Pairs:
        """Return what the dataset is, in numbers."""
        return [
            *((name, f"{rows:,}") for name, rows in self.manifest.splits.items()),
            (self.contents.label, str(len(self.contents.classes))),
            ("modalities", ", ".join(self.contents.inputs.names)),
            ("format", ", ".join(self.manifest.formats)),
        ]

    def group(self, card: Card) -> str:
        """Return the name of a group of classes; empty where there are none."""
        return ""

    def note(self, group: str) -> str:
        """Return what a group is."""
        return ""

    def unit(self, card: Card) -> Pairs:
        """Return what the classes that belong together within a group share."""
        return []

    def filters(self, cards: Sequence[Card]) -> list[tuple[str, str, Sequence[str]]]:
        """Return what cards are chosen by: heading, name in the page, and options."""
        return [
            (self.contents.label, "species", list(dict.fromkeys(card.label for card in cards))),
            ("split", "split", list(dict.fromkeys(card.split for card in cards))),
        ]

    def described(self, name: str, card: Card) -> str:
        """Return what stands for a picture or a sound where it cannot be seen or heard."""
        return name

    def names(self, card: Card) -> tuple[str, str]:
        """Return the scientific name of the class and its family; empty where they are not known."""
        return "", ""

    def latents(self, card: Card) -> list[Latent]:
        """Return what decided over a sample."""
        return []

    def facts(self, card: Card) -> dict[str, Pairs]:
        """Return what else is known of a sample, under headings."""
        media = {one.column for one in self.contents.inputs.inputs.values()}
        plain = [name for name in label_columns(self.manifest) if name in card.values and name not in media]
        known = [(name, str(card.values[name])) for name in plain if str(card.values[name])]
        return {"": [("key", card.key), *known]}

    def labels(self, card: Card) -> list[str]:
        """Return the lines below a picture on the contact sheet, at most three."""
        return [card.label, card.split]


class AboutBirds(About):
    """What is known of generated birds: groups, ceilings, and how each sample was drawn."""

    noun = "triplets"
    remark = "Synthetic: no photograph and no field recording is in it."
    trusted = True

    def __init__(self, dataset: Dataset) -> None:
        exact = BirdData.of(dataset).dataset
        self.information = exact.manifest.information
        super().__init__(exact)
        self.name = "Bird-MML"
        self.units = {name: unit for unit in self.information["units"] for name in unit["species"]}
        self.ceilings = [
            (name, str(one["species"]), *(f"{one[accuracy]:.3f}" for accuracy in ACCURACIES))
            for name, one in {**self.information["groups"], "all": self.information["overall"]}.items()
        ]

    def _contents(self) -> Contents:
        classes = tuple(name for unit in self.information["units"] for name in unit["species"])
        return Contents(bird_inputs(recipe_of(self.manifest).settings), "species", classes)

    def dials(self) -> Pairs:
        """Return the dials that the dataset was built with."""
        dials, caption = self.manifest.config, self.manifest.config["caption"]
        return [
            *((name, f"{rows:,}") for name, rows in self.manifest.splits.items()),
            ("species", str(self.information["overall"]["species"])),
            ("seed", str(self.manifest.seed)),
            ("p", f"{dials['p']:g}"),
            ("noise, image and audio", f"{dials['image_noise']:g}, {dials['audio_noise']:g}"),
            ("imbalance", f"{dials['imbalance']:g}"),
            ("audio reuse", f"{dials['audio_reuse']:g}"),
            ("picture", f"{dials['size']} by {dials['size']} px"),
            ("recording", f"{dials['seconds']:g} s at {dials['sample_rate']:,} Hz"),
            ("captions with a name", f"{caption['name_share']:.0%}"),
            ("marks, song, nature", ", ".join(f"{caption[name]:g}" for name in ("marks", "song", "nature"))),
            ("format", ", ".join(self.manifest.formats)),
        ]

    def group(self, card: Card) -> str:
        """Return which of the five groups the species is of."""
        return str(card.values["group"])

    def note(self, group: str) -> str:
        """Return what a group is, and its ceilings."""
        known = self.information["groups"][group]
        ceilings = ", ".join(f"{name} {known[key]:.2f}" for key, name in list(ACCURACIES.items())[:4])
        return f"{MEANINGS.get(group, '')} Best accuracy: {ceilings}."

    def unit(self, card: Card) -> Pairs:
        """Return species, looks and songs of the unit, if it has several."""
        unit = self.units[card.label]
        several = len(unit["species"]) > 1
        return [(name, ", ".join(unit[name])) for name in ("species", "looks", "songs")] if several else []

    def filters(self, cards: Sequence[Card]) -> list[tuple[str, str, Sequence[str]]]:
        """Return group, species in alphabetical order, and split."""
        (label, name, species), split = super().filters(cards)
        groups = list(dict.fromkeys(map(self.group, cards)))
        return [("group", "group", groups), (label, name, sorted(species)), split]

    def described(self, name: str, card: Card) -> str:
        """Return the look that a picture shows, and of whom a song is."""
        shown = {"image": f"Picture: {card.values['shown_look']}", "audio": f"Song: {card.label}, {card.split}"}
        return shown[name]

    def names(self, card: Card) -> tuple[str, str]:
        """Return the scientific name of the species and its family."""
        return str(card.values["scientific_name"]), str(card.values["family"])

    def latents(self, card: Card) -> list[Latent]:
        """Return look and song, as drawn and as shown, and the gate of the XOR."""
        drawn = [(name, str(card.values[name]), str(card.values[f"shown_{name}"])) for name in ("look", "song")]
        latents = [Latent(name, own, own != card.label, shown if shown != own else "") for name, own, shown in drawn]
        if card.values["group"] == "xor":
            meaning = "sum of both types" if card.values["gate"] else "follows the look"
            latents.append(Latent("gate", f"{int(card.values['gate'])}, {meaning}"))
        return latents

    def facts(self, card: Card) -> dict[str, Pairs]:
        """Return what is true of the individual, the picture and the recording."""
        return {
            title: [(BY_NAME[name].label or name, _value(card.values[name], BY_NAME[name].digits)) for name in names]
            for title, names in FACTS.items()
        }

    def labels(self, card: Card) -> list[str]:
        """Return species, another look if it has one, and what it does."""
        looks = [f"looks: {card.values['shown_look']}"] if card.values["shown_look"] != card.label else []
        return [card.label, *looks, f"{card.split}, {card.values['sex']}, {card.values['activity']}"]


def about(dataset: Dataset) -> About:
    """Return what is said about a dataset."""
    return AboutBirds(dataset) if describe(dataset).generated else About(dataset)


def _value(value: Any, digits: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    return str(value).replace(",", ", ")
