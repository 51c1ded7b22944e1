"""From steps to pipelines: partitions, bounds, weights, order, liveness."""
