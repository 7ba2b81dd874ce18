"""The places that enforce rules, asked the same questions: what proves that they answer alike."""
