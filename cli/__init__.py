"""The commands `xorbench` and `birdmml`: they parse, call the library and print."""
