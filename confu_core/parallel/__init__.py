"""The same work over many processes, of this machine or of a cluster: in order, whatever dies on the way."""
