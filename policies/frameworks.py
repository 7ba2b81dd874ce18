"""What three frameworks ask for, article by article, and what no rule about resources can answer.

Sources: Regulation (EU) 2024/1689 (the EU AI Act); NIST AI 100-1 (AI RMF 1.0), its subcategories; ISO/IEC 42001:2023,
Annex A. Each text is ours and short: read the original.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Article:
    """One article, subcategory or control: what it asks for, and what of it stays for people to do."""

    id: str
    asks: str
    left: str


EU_AI_ACT: Final = (
    Article("4", "AI literacy of staff", "all of it: training of people"),
    Article("5", "no prohibited practices", "to see that a system is one; the class is what its owner says"),
    Article("6", "classification as high-risk", "the classification itself"),
    Article("9", "risk management system", "finding, weighing and treating the risks"),
    Article("10", "data governance", "whether the data is relevant, representative and free of bias"),
    Article("11", "technical documentation", "what the documentation says"),
    Article("12", "record-keeping: events are logged", "which events matter for the system"),
    Article("13", "transparency towards deployers", "whether they understand what they are told"),
    Article("14", "human oversight", "that the person in charge is able and free to decide"),
    Article("14(4)(e)", "somebody can stop the system", "that he does"),
    Article("15", "accuracy, robustness, cybersecurity", "accuracy that is good enough for its purpose"),
    Article("17", "quality management system", "the system around the technical part"),
    Article("18", "documentation kept for ten years", "the years after the lock has ended"),
    Article("19", "logs kept for six months or more", "logs of what runs outside the platform"),
    Article("26(1)", "use as the instructions say", "that users keep to the intended use"),
    Article("26(5)", "deployers monitor operation", "acting on what the monitor shows"),
    Article("26(6)", "deployers keep the logs", "logs that the deployer does not control"),
    Article("27", "fundamental rights impact assessment", "all of it"),
    Article("43", "conformity assessment", "all of it"),
    Article("47", "EU declaration of conformity", "all of it"),
    Article("48", "CE marking", "all of it"),
    Article("49", "registration in the EU database", "all of it"),
    Article("50", "people know that they meet an AI", "all of it: it is in the application, not in the platform"),
    Article("72", "post-market monitoring", "the plan; AI-09 asks for its technical part"),
    Article("73", "reporting of serious incidents", "all of it"),
)

NIST_AI_RMF: Final = (
    Article("GOVERN 1.6", "an inventory of AI systems", "systems that are not on the platform"),
    Article("GOVERN 2.1", "roles and responsibilities are documented", "that those who are named know it"),
    Article("GOVERN 3", "diverse teams decide", "all of it"),
    Article("GOVERN 5", "those affected are heard", "all of it"),
    Article("MAP 1.1", "intended purpose and context are known", "whether the purpose is described truthfully"),
    Article("MAP 4.1", "risks of components, also of third parties, are mapped", "the legal risks"),
    Article("MAP 5.1", "likelihood and size of impacts", "all of it"),
    Article("MEASURE 2.1", "test sets and metrics are documented", "whether they are the right ones"),
    Article("MEASURE 2.3", "performance is shown under conditions of use", "whether the conditions are those of use"),
    Article("MEASURE 2.4", "behaviour in production is monitored", "what counts as a drop"),
    Article("MEASURE 2.5", "the system is shown to be valid and reliable", "the judgement that it is"),
    Article("MEASURE 2.11", "fairness and bias are evaluated", "all but that an evaluation passed (AI-07)"),
    Article("MANAGE 1.1", "somebody decides whether to deploy", "the decision"),
    Article("MANAGE 2.2", "the value of deployed systems is sustained", "whether it is still worth it"),
    Article("MANAGE 2.4", "systems can be superseded, disengaged, deactivated", "when to do so"),
    Article("MANAGE 3.2", "pre-trained models are monitored", "new knowledge about a model that others made"),
    Article("MANAGE 4.1", "post-deployment monitoring plans are carried out", "appeal, override, decommissioning"),
)

ISO_42001: Final = (
    Article("A.2", "policies for AI", "all of it"),
    Article("A.3", "roles, and a way to report concerns", "all of it"),
    Article("A.5", "impacts on people and society are assessed", "all of it"),
    Article("A.6.2.4", "verification and validation", "criteria and judgement"),
    Article("A.6.2.6", "operation and monitoring", "response to what is seen"),
    Article("A.6.2.7", "technical documentation", "what it says"),
    Article("A.6.2.8", "recording of event logs", "which events"),
    Article("A.7", "data for AI systems", "quality of the data"),
    Article("A.7.5", "provenance of data", "what happened to it before it came here"),
    Article("A.8", "information for users and others", "all of it"),
    Article("A.9.4", "intended use", "that users keep to it"),
    Article("A.10", "suppliers and customers", "contracts"),
)

FRAMEWORKS: Final = {"EU AI Act": EU_AI_ACT, "NIST AI RMF": NIST_AI_RMF, "ISO/IEC 42001": ISO_42001}
"""By the name under which rules map to them."""
