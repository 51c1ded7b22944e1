"""What is known from outside of a script: the cluster, the sources, the Daft that it is written for."""
