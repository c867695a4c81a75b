"""Training: samples over tables of inputs, batches of them, one training loop for one cell or a stack of cells."""
