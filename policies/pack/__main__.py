"""The policy pack that ``pulumi preview`` and ``pulumi up`` run: all rules, with the stack's parameters."""

from datetime import UTC, datetime

from policies import exceptions
from policies.pack.server import Pack, serve
from policies.parameters import parameters_for
from policies.rules import RULES

EXCEPTIONS = exceptions.load(datetime.now(UTC).date(), {rule.id for rule in RULES})

serve(Pack("mlplatform", "0.1.0", RULES, parameters_for, EXCEPTIONS))
