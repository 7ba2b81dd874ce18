"""The parts of the monitoring stack: what measures, stores, shows and tells."""
