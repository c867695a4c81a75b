"""Methods, training, evaluation, shards and reports for higher-order multimodal alignment."""
