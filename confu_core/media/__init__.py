"""Training and evaluation on media: pictures, sounds and captions with labels, of whatever benchmark or dataset."""
