"""Bird-MML: pictures, songs and captions whose interaction structure is known exactly."""
