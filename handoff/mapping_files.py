"""The models of `sources/<crm>.yml` and `targets/<platform>.yml`, as RevOps write them."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from handoff.conditions import Rule
from handoff.model import Write
from handoff.names import Name
from handoff.rules import FieldRule
from handoff.spans import SpanText
from handoff.yaml_files import Frozen


class Rows(Frozen):
    """A list of the record whose rows become people or products."""

    each: str = Field(description="The CRM's name of the list: OpportunityContactRoles.")
    fields: dict[str, FieldRule] = Field(description="Each field of a row, and where it comes from.")


class WriteBack(Frozen):
    """What the deal's own record is told."""

    to: Literal["opportunity", "deal", "handoff_object", "nothing"] = Field(
        "opportunity", description="Where it is written."
    )
    fields: dict[str, FieldRule] = Field(default_factory=dict, description="The CRM's fields, and what each is told.")

    @property
    def on_deal(self) -> bool:
        """Whether the deal's own record is told, by whichever name its CRM has for it."""
        return self.to in ("opportunity", "deal")


class SourceFile(Frozen):
    """`sources/<crm>.yml`, whole."""

    fields: dict[str, FieldRule] = Field(description="Each canonical field, and where the CRM holds it.")
    people: Rows | None = Field(None, description="Which rows become people, each with a role.")
    products: Rows | None = Field(None, description="Which rows become products.")
    write_back: WriteBack = Field(default_factory=WriteBack, description="Where and what the CRM is told.")


class Adopt(Frozen):
    """Which work that somebody else made is linked instead of being made again."""

    same: list[str] = Field(min_length=1, description="Fields of the step in which it must agree: [type, reason].")
    open: Literal[True] = Field(True, description="Only work that is open; closed work is never taken.")


class Children(Frozen):
    """Records that are made together with the step's own: one for each item of a list."""

    each: str = Field(description="The list: commitments, people, products.")
    key: str = Field(description="What tells two items apart: item.id.")
    fields: dict[str, FieldRule] = Field(description="Each field of a child; item.<field> is of the item.")


class TargetStep(Frozen):
    """One piece of work that a handoff becomes."""

    object: str = Field(description="What is made: company, success_plan, cta, timeline.")
    when: Rule | None = Field(None, description="Only for these deals: a condition.")
    match: list[dict[str, str]] = Field(
        default_factory=list, description="Fields by which a record that is there is recognised, best first."
    )
    none: Literal["insert", "wait", "person"] = Field("insert", description="What happens when none is there.")
    adopt: Adopt | None = Field(None, description="Which open work that somebody else made is linked.")
    needs: list[str] = Field(default_factory=list, description="Steps that must be done before.")
    each: str | None = Field(None, description="Made once for each item of this list.")
    key: str | None = Field(None, description="With each: what tells two items apart, item.id.")
    write: Write | None = Field(None, description="The write mode of its fields that name none.")
    fields: dict[str, FieldRule] = Field(description="Each field of the record, and where it comes from.")
    children: dict[str, Children] = Field(default_factory=dict, description="Records made together with it.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.each is None) != (self.key is None):
            lacks, there = ("key", "each") if self.key is None else ("each", "key")
            raise ValueError(f"`{there}` needs `{lacks}`. Add it: each names a list, key what tells two items apart")
        return self

    def needed(self) -> tuple[str, ...]:
        """Return the steps whose ids this one uses, and those it must follow."""
        return tuple(dict.fromkeys([*(rule.step for rule in self.fields.values() if rule.step), *self.needs]))


class Defaults(Frozen):
    """What holds for every field of the file."""

    on_empty: Literal["leave"] = Field("leave", description="An empty source never clears a field.")
    unlisted: Literal["leave_out_and_tell"] = Field(
        "leave_out_and_tell", description="A value that `values` does not list is left out, and told."
    )


class Signal(Frozen):
    """Something that the platform says and the bridge reads: that a step was accepted, or that a CSM got in touch."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    step: str | None = Field(None, description="The step whose record says it.")
    object: str | None = Field(None, description="Or the kind of record of the customer that says it.")
    field: str | None = Field(None, description="The field that says it.")
    is_: str | list[str] | None = Field(None, alias="is", description="The value, or values, by which it says so.")
    after: str | None = Field(None, description="Only records after this moment: won_at.")
    within: SpanText | None = Field(None, description="Only records up to this long after it.")
    not_by: str | None = Field(None, description="Not records of this author: bridge.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.step is None) == (self.object is None):
            raise ValueError("a signal needs exactly one of step, object. Write whose record is read")
        if self.step is not None and (self.field is None or self.is_ is None):
            raise ValueError("a signal of a step needs `field` and `is`. Add what the record says")
        return self

    @property
    def filters(self) -> dict[str, Any]:
        """The platform's own fields among its keys, and the values they must have."""
        return dict(self.model_extra or {})


class TargetFile(Frozen):
    """`targets/<platform>.yml`, whole."""

    defaults: Defaults = Field(default_factory=Defaults, description="What holds for every field.")
    steps: dict[Name, TargetStep] = Field(min_length=1, description="What a handoff becomes, by the steps' names.")
    signals: dict[Name, Signal] = Field(default_factory=dict, description="What is read back from the platform.")
