"""What the tenant's admins have built: flows, types, tags, stages, plays, a SuccessBLOC, a segment, templates."""

from dataclasses import dataclass, field

from sandbox.totango.ids import named

FLOWS = {
    "onboarding": "Onboarding",
    "adoption": "Adoption",
    "renewal": "Renewal",
    "support": "Support",
    "escalation": "Escalation",
    "growth": "Growth",
    "key_1700000000001": "Data migration",
}
DEFAULT_FLOW = "growth"  # C
TYPES = {"Web meeting": "video", "Telephone call": "phone", "Internal note": "note"}
TAGS = ("Handoff", "Kickoff")
ROLES = ("Success Manager", "Sales Manager")
STATUS_GROUPS = {"Paying": "paying", "Free": "free", "Canceled": "canceled"}  # each value is mapped in settings
LIFECYCLES = {
    "Onboarding Stage": ("Kick Off", "Business Discovery", "Integration", "Configuration", "Training/UAT", "Live"),
    "Customer Journey Stage": ("Onboarding", "Adoption", "Nurture", "Advocate"),
}
OBJECTIVE_STATUSES = ("Not Started", "In Progress", "Achieved")
OBJECTIVE_CATEGORIES = ("Adoption", "Value")
OBJECTIVE_TEMPLATES = ("First value in 60 days", "All sites live")
TEAM = (1, "Customer Success")
BLOC = 930
SEGMENT = 10001306


@dataclass(frozen=True)
class Duty:
    """A task that a play makes: who does it by role, and in how many days it is due."""

    title: str
    description: str
    role: str = "Success Manager"
    days: int = 5
    priority: int = 2


@dataclass(frozen=True)
class Play:
    """A SuccessPlay; an event-based one fires when a lifecycle attribute enters a stage."""

    name: str
    manual: bool = True
    active: bool = True
    flow: str = "onboarding"
    bloc: int | None = BLOC
    entering: tuple[str, str] | None = None
    duties: tuple[Duty, ...] = field(default=())

    @property
    def id(self) -> str:
        """The UUID in the address of its page."""
        return named(f"play/{self.name}")


PLAYS = (
    Play(
        "Internal Handover",
        duties=(Duty("Hold the internal handover", "Sales and Customer Success go through the deal."),),
    ),
    Play(
        "Kick-off Prep",
        manual=False,
        entering=("Onboarding Stage", "Kick Off"),
        duties=(
            Duty("Prepare the kick-off", "Agenda, people, success plan.", days=3),
            Duty("Invite to the kick-off", "Within a week.", days=7, priority=1),
        ),
    ),
    Play("Legacy", active=False, duties=(Duty("Fill in the old form", "Nobody does."),)),
)


def stage_id(attribute: str, stage: str) -> str:
    """Return the id by which a search names a stage: its place, from 1."""
    return str(LIFECYCLES[attribute].index(stage) + 1)
