"""Preview: a page and a contact sheet to look at, with pictures, songs, captions and what is true of them."""

from __future__ import annotations

from birdmml.preview.gallery import write_gallery
from birdmml.preview.write import Preview, write_preview

__all__ = ["Preview", "write_gallery", "write_preview"]
