"""What a decoder said of a file, in one line, and what the file is where it is no picture or sound at all."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"Error( opening)?\s*:?\s*")
_OBJECT = re.compile(r"'?<_io[^>]*>'?:? *")
# What lies under the names of media where a download, a clone or a conversion went wrong: (offset, bytes, what it is).
_IMPOSTORS = (
    (0, b"version https://git-lfs", "a Git LFS pointer; git lfs pull fetches the file itself"),
    (0, b"<!doctype html", "an HTML page, such as a login or an error; fetch the file again"),
    (0, b"<html", "an HTML page, such as a login or an error; fetch the file again"),
    (0, b"<?xml", "an XML text, such as the error of a store; fetch the file again"),
    (0, b"<error", "an XML text, such as the error of a store; fetch the file again"),
    (0, b"{", "a JSON text, such as the error of a server; fetch the file again"),
    (0, b"\x1f\x8b", "packed by gzip; unpack it"),
    (0, b"pk\x03\x04", "a zip; unpack it"),
    (0, b"gif8", "a GIF; convert it to PNG"),
    (0, b"ii*\x00", "a TIFF; convert it to PNG"),
    (0, b"mm\x00*", "a TIFF; convert it to PNG"),
    (4, b"ftyphei", "HEIC; convert it to JPEG"),
    (4, b"ftypmif1", "HEIC; convert it to JPEG"),
    (4, b"ftypavif", "AVIF; convert it to JPEG"),
    (4, b"ftyp", "an MP4; convert its sound to FLAC"),
    (0, b"\x1aE\xdf\xa3".lower(), "WebM or Matroska; convert its sound to FLAC"),
    (0, b"\xff\xf1", "AAC; convert it to FLAC"),
    (0, b"\xff\xf9", "AAC; convert it to FLAC"),
)
_HEAD = 512


def complaint(error: BaseException, data: bytes) -> str:
    """Return why a file could not be decoded."""
    said = _PREFIX.sub("", _OBJECT.sub("", str(error)).strip()).rstrip(".: ")
    said = said.splitlines()[0].strip() if said else type(error).__name__
    instead = _instead(data)
    return f"{said}: it is {instead}" if instead else said


def _instead(data: bytes) -> str:
    if not data[:_HEAD].strip(b"\0"):
        return "nothing but zeros" if data and not data.strip(b"\0") else ""
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((what for at, mark, what in _IMPOSTORS if head.startswith(mark, at)), "")
