"""The parts of the serving pool: model servers, their accounts and the models kept near them."""
