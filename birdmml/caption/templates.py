"""The sentences of each register, with slots in braces.

Slots of a sentence about the picture: `a` the bird with its article, `bare` without; `with_marks` and `marks`; `does`,
`doing` and `scene`, what it does and where (`doing` starts with a comma and may be empty). About the
recording: `voice`, `gives`, `sound`, `how` (may be empty). About the species: `habits`, a predicate. "First" sentences
introduce the bird, "later" ones have met it, "known" ones have met it and have no better word for it than "bird".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LOOK", "NATURE", "REGISTERS", "SONG", "SONG_SETTING"]

REGISTERS = ("plain", "photo", "field", "spoken", "catalogue")
Forms = Mapping[str, tuple[str, ...]]

LOOK: Mapping[str, Forms] = MappingProxyType(
    {
        "plain": {
            "first": (
                "{a}{with_marks} {does}",
                "{a}{with_marks} {does}",
                "this is {a}{with_marks}{doing}",
                "here {a}{with_marks} {does}",
                "the bird shown is {a}{with_marks}{doing}",
            ),
            "later": ("it is {a}{with_marks}{doing}", "to the eye it is {a}{with_marks}{doing}"),
            "known": ("it {does} and shows {marks}", "it is a bird with {marks}{doing}"),
            "known, marks": ("it has {marks}", "it shows {marks}", "the bird has {marks}"),
            "known, scene": ("it {does}", "the bird {does}"),
        },
        "photo": {
            "first": (
                "{a}{with_marks}{doing}",
                "{a}{with_marks}{doing}",
                "photo of {a}{with_marks}{doing}",
                "the picture shows {a}{with_marks}{doing}",
                "in the picture, {a}{with_marks} {does}",
            ),
            "later": ("pictured is {a}{with_marks}{doing}", "the picture shows {a}{with_marks}{doing}"),
            "known": ("one can make out {marks}; the bird {does}", "pictured is a bird with {marks}{doing}"),
            "known, marks": ("the picture shows {marks}", "visible here: {marks}"),
            "known, scene": ("here it {does}", "in the picture it {does}"),
        },
        "field": {
            "first": ("{bare}{doing}; {marks}", "{bare}{doing}: {marks}", "{bare}, {marks}; {scene}"),
            "first, marks": ("{bare}: {marks}", "{bare}, {marks}"),
            "first, scene": ("{bare}{doing}", "{bare} seen{doing}"),
            "first, bare": ("{bare} in view", "{bare} seen well"),
            "later": ("{bare}, {marks}; {scene}", "seen well: {bare}, {marks}; {scene}"),
            "later, marks": ("{bare}, {marks}", "noted {marks} on this {bare}"),
            "later, bare": ("seen to be {a}", "{bare} in view"),
            "later, scene": ("{bare}{doing}", "seen as {a}{doing}"),
            "known": ("noted {marks}; {scene}", "seen{doing}: {marks}"),
            "known, marks": ("noted {marks}", "has {marks}"),
            "known, scene": ("{does}", "the bird{doing}"),
        },
        "spoken": {
            "first": (
                "look, there is {a}{with_marks}{doing}",
                "I can see {a}{with_marks}{doing}",
                "that is {a}{with_marks}{doing}",
                "over there {a}{with_marks} {does}",
                "see that? It is {a}{with_marks}{doing}",
            ),
            "later": ("it looks like {a}{with_marks}{doing}", "what I see is {a}{with_marks}{doing}"),
            "known": ("I see {marks} on it, and it {does}", "it {does}, and I can make out {marks}"),
            "known, marks": ("you can see {marks}", "I can make out {marks}", "look at it: {marks}"),
            "known, scene": ("look how it {does}", "right now it {does}"),
        },
        "catalogue": {
            "first": ("{bare}{doing}; {entries}", "{bare}: {entries}; {scene}"),
            "first, marks": ("{bare}; {entries}", "{bare}: {entries}"),
            "first, scene": ("{bare}{doing}", "{bare}, pictured{doing}"),
            "first, bare": ("{bare}, pictured", "picture of {a}"),
            "later": ("plumage: {bare}, {entries}; {scene}", "picture: {bare}{doing}; {entries}"),
            "later, bare": ("picture: {bare}", "appearance: {bare}"),
            "later, marks": ("plumage: {bare}, {entries}", "appearance: {bare}, {entries}"),
            "later, scene": ("picture: {bare}{doing}", "appearance: {bare}{doing}"),
            "known": ("plumage: {entries}; {scene}", "appearance: {entries}; {scene}"),
            "known, marks": ("plumage: {entries}", "appearance: {entries}"),
            "known, scene": ("picture: bird{doing}", "pose: bird{doing}"),
        },
    }
)
SONG: Mapping[str, Forms] = MappingProxyType(
    {
        "plain": {
            "first": (
                "{a} {gives} {sound}{how}",
                "from {a} comes {sound}{how}",
                "this is the {voice} of {a}: {sound}{how}",
            ),
            "later": (
                "its {voice} is {sound}{how}",
                "it {gives} {sound}{how}",
                "the {voice} is {sound}{how}",
                "one hears {sound}{how}",
            ),
        },
        "photo": {
            "first": ("{a}, recorded giving {sound}{how}", "{a} and its {voice}: {sound}{how}"),
            "later": (
                "its {voice} is {sound}{how}",
                "the recording holds {sound}{how}",
                "heard with it: {sound}{how}",
                "on the recording it {gives} {sound}{how}",
            ),
        },
        "field": {
            "first": ("{bare} heard: {sound}{how}", "{bare}; {voice}: {sound}{how}"),
            "later": ("heard {sound}{how}", "heard {sound}{how}", "{voice}: {sound}{how}"),
        },
        "spoken": {
            "first": (
                "listen, {a} {gives} {sound}{how}",
                "hear that? It is {a} with {sound}{how}",
                "I can hear {a}: {sound}{how}",
            ),
            "later": (
                "listen to it: {sound}{how}",
                "you can hear {sound}{how}",
                "what I hear is {sound}{how}",
                "hear that? It is {sound}{how}",
                "it {gives} {sound}{how}",
            ),
        },
        "catalogue": {
            "first": ("{bare}; {voice}: {sound}{how}", "{bare}; recording: {sound}{how}"),
            "later": ("{voice}: {sound}{how}", "recording: {sound}{how}"),
        },
    }
)
# Where nothing is said of the sound but how it was recorded.
SONG_SETTING: Mapping[str, Forms] = MappingProxyType(
    {
        "plain": {
            "first": ("{a} is heard {setting}", "the {voice} of {a} is heard {setting}"),
            "later": ("its {voice} is heard {setting}", "it is heard {setting}"),
        },
        "photo": {
            "first": ("{a}, recorded {setting}", "{a} as it was recorded {setting}"),
            "later": ("it was recorded {setting}", "its {voice} was recorded {setting}"),
        },
        "field": {
            "first": ("{bare} heard {setting}", "{bare}, recorded {setting}"),
            "later": ("heard {setting}", "recorded {setting}"),
        },
        "spoken": {
            "first": ("you can hear {a} {setting}", "listen, that is {a} {setting}"),
            "later": ("you can hear it {setting}", "I hear its {voice} {setting}"),
        },
        "catalogue": {
            "first": ("{bare}; recorded {setting}",),
            "later": ("recorded {setting}", "recording made {setting}"),
        },
    }
)
NATURE: Mapping[str, Forms] = MappingProxyType(
    {
        "plain": {
            "first": (
                "this is {a} that {habits}",
                "{a} of a kind that {habits}",
                "the species here {habits}",
                "here is {a} that {habits}",
            ),
            "later": ("it {habits}", "the bird {habits}", "this species {habits}", "its kind {habits}"),
        },
        "photo": {
            "first": ("{a} that {habits}", "{a} of a species that {habits}", "here is {a} that {habits}"),
            "later": ("the species {habits}", "this bird {habits}", "it {habits}", "a bird that {habits}"),
        },
        "field": {
            "first": ("{bare} that {habits}", "{bare}; {habits}"),
            "later": ("{habits}", "{habits}", "a species that {habits}"),
        },
        "spoken": {
            "first": (
                "this one here {habits}",
                "that is {a} that {habits}",
                "you know, this is {a} that {habits}",
                "here we have {a} that {habits}",
            ),
            "later": (
                "this one {habits}",
                "you know, it {habits}",
                "they say it {habits}",
                "it {habits}",
            ),
        },
        "catalogue": {
            "first": ("{bare}; {habits}", "{bare} that {habits}"),
            "later": ("habits: {habits}", "{habits}", "natural history: {habits}"),
        },
    }
)
