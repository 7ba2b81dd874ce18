"""The parts of the training cluster: queues and the runtimes of training jobs."""
