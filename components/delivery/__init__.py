"""The parts of ModelDelivery: the kinds that it adds to the cluster, and the controller that acts on them."""
