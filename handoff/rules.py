"""One rule of a mapping: where a field comes from and what becomes of it. Compiled once, then only called."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from handoff.compiling import Choice, Read, conversion, reader
from handoff.conditions import Condition, Rule
from handoff.errors import ConfigError, RecordError
from handoff.model import Needed, Origin, Trace, User, Value, Write
from handoff.templates import Templates
from handoff.transforms import TRANSFORMS, exact, fitted, later, missing, quoted, shortened, span, text
from handoff.yaml_files import Frozen, Location, nearest

Find = Literal["user", "active_user", "active_email", "company"]
ORIGINS = ("from", "value", "text", "template", "step")
FROM_ONLY = ("as", "values", "default", "find", "plus")
ATTRIBUTES = {"from": "from_", "as": "as_"}
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def _transform(name: str) -> str:
    if name not in TRANSFORMS:
        raise ValueError(f"{name!r} is no transform. {nearest(name, TRANSFORMS)}")
    return name


def _length(words: Any) -> str:
    span(str(words))
    return str(words)


TransformName = Annotated[str, AfterValidator(_transform), WithJsonSchema({"type": "string", "enum": [*TRANSFORMS]})]
LengthText = Annotated[str, BeforeValidator(_length)]


class FieldRule(Frozen):
    """What a mapping file says of one field; exactly one of `from`, `value`, `text`, `template`, `step`."""

    from_: str | list[str] | None = Field(
        None, alias="from", description="Where it comes from; of a list, the first that says something."
    )
    value: Any = Field(None, description="The same value for every deal.")
    text: str | None = Field(None, description='A text with placeholders: "Onboard {account.name}".')
    template: str | None = Field(None, description="A file in templates/ that writes it.")
    step: str | None = Field(None, description="The id of the record that this step made.")
    as_: TransformName | None = Field(
        None, alias="as", description=f"What becomes of the value: {', '.join(TRANSFORMS)}."
    )
    values: dict[str, Any] | None = Field(
        None, description="What each value becomes; one that is not listed is left out."
    )
    default: Any = Field(None, description="What it is when nothing else is said.")
    find: Find | None = Field(None, description="The value is an e-mail or account id; this is found by it.")
    plus: LengthText | None = Field(None, description="A span added to a day: 90 days.")
    max: int | None = Field(None, gt=0, description="The longest text that fits, in characters.")
    shorten: str | None = Field(None, description="Of text: the placeholder that gives way when it is too long.")
    write: Write | None = Field(None, description="When a record that is there is written: see the guide.")
    when: Rule | None = Field(None, description="Only for these deals: a condition.")

    @model_validator(mode="before")
    @classmethod
    def _with_keys(cls, said: Any) -> Any:
        if isinstance(said, str | int | float | list):
            raise ValueError("a field is written with keys. Write {from: ...}, or {value: ...} for a fixed one")
        return said

    @model_validator(mode="after")
    def _sound(self) -> Self:
        origins = [name for name in ORIGINS if getattr(self, ATTRIBUTES.get(name, name)) is not None]
        if len(origins) != 1:
            said = "none is there" if not origins else f"{' and '.join(origins)} are there"
            fix = "Write where it comes from: {from: ...}" if not origins else "Keep one of them"
            raise ValueError(f"a field needs exactly one of {', '.join(ORIGINS)}; {said}. {fix}")
        if self.from_ == []:
            raise ValueError("`from`: an empty list names no field. Name at least one")
        loose = [
            word for word in FROM_ONLY if self.from_ is None and getattr(self, ATTRIBUTES.get(word, word)) is not None
        ]
        if loose:
            words = " and ".join(f"`{word}`" for word in loose)
            raise ValueError(f"{words} works on what comes by from, not on {origins[0]}. Take it out")
        if self.max is not None and (self.step is not None or isinstance(self.value, list | dict)):
            raise ValueError("`max`: only a text has a length. Take it out")
        if self.text is not None and set("{}") & set(PLACEHOLDER.sub("", self.text)):
            raise ValueError("`text`: a brace that holds no field. Write {account.name}, without spaces")
        if self.shorten is not None and (self.text is None or self.max is None):
            raise ValueError("`shorten` needs text and max: it names the placeholder that gives way. Add both")
        if self.shorten is not None and self.shorten not in self.sources:
            raise ValueError(
                f"`shorten`: {self.shorten!r} is no placeholder of text. {nearest(self.shorten, self.sources)}"
            )
        return self

    @field_validator("from_", "step", "template", "text")
    @classmethod
    def _says_something(cls, said: str | list[str] | None) -> str | list[str] | None:
        if said is not None and any(not part.strip() for part in ([said] if isinstance(said, str) else said)):
            raise ValueError("an empty text names nothing. Write what is meant, or take the key out")
        return said

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields this rule reads, in order."""
        if self.text is not None:
            return tuple(PLACEHOLDER.findall(self.text))
        names = self.from_ if isinstance(self.from_, list) else [self.from_] if self.from_ else []
        return tuple(names)


def placed(rule: FieldRule) -> Iterator[tuple[Location, str]]:
    """Yield each field that a rule reads, with the key where it stands."""
    listed = isinstance(rule.from_, list)
    for index, source in enumerate(rule.sources):
        yield ("from", index) if listed else ("text",) if rule.text is not None else ("from",), source


@dataclass(slots=True)
class Context:
    """
    What a rule may look at while it works on one deal; `notes` collects what a person should hear of.

    `users` are those of the platform by lower-case e-mail, `companies` its record of an account by the account's id,
    `judged` the values as conditions see them (amounts in the base currency).
    """

    values: Mapping[str, Value]
    users: Mapping[str, User] = field(default_factory=dict)
    step_keys: Mapping[str, str | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    companies: Mapping[str, str] = field(default_factory=dict)
    judged: Mapping[str, Value] | None = None


Compiled = Callable[[Context], Value]


def compile_rule(
    name: str, rule: FieldRule, *, place: str, templates: Templates | None = None, when: Condition | None = None
) -> Compiled:
    """
    Return the rule as one function from a context to the field's value, None when there is nothing to say.

    `when` is the rule's own condition, ready to ask.
    """
    work = _compiled(name, rule, place, templates)
    if when is None:
        return work
    return lambda context: work(context) if when.holds(context.judged or context.values) else None


def compile_record(rules: Mapping[str, FieldRule], compiled: Mapping[str, Compiled]) -> Read:
    """Return the rules of a record, each as in `compiled`, as one function that gives their fields in this order."""
    parts: list[Read] = []
    for only_read, group in groupby(rules.items(), key=lambda named: _only_reads(named[1])):
        if only_read:
            parts.append(reader(_choice(name, rule) for name, rule in group))
        else:
            parts += [_alone(name, compiled[name]) for name, _ in group]
    if len(parts) == 1:
        return parts[0]

    def read(values: Mapping[str, Value], notes: list[str]) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        for part in parts:
            fields |= part(values, notes)
        return fields

    return read


def _only_reads(rule: FieldRule) -> bool:
    return rule.from_ is not None and rule.find is None and rule.when is None


def _choice(name: str, rule: FieldRule) -> Choice:
    whole = conversion(
        table=rule.values,
        default=rule.default,
        by=span(rule.plus) if rule.plus else None,
        transform=TRANSFORMS.get(rule.as_ or ""),
        limit=rule.max,
    )
    return Choice(name, rule.sources, whole, rule.default)


def _alone(name: str, work: Compiled) -> Read:
    def read(values: Mapping[str, Value], notes: list[str]) -> dict[str, Value]:
        value = work(Context(values, notes=notes))
        return {} if value is None else {name: value}

    return read


def _compiled(name: str, rule: FieldRule, place: str, templates: Templates | None) -> Compiled:
    if rule.step is not None:
        return lambda context: _needed(context, rule.step or "")
    if rule.value is not None:
        return lambda _: rule.value
    if rule.template is not None:
        return _templated(rule, place, templates)
    if rule.text is not None:
        return _texted(rule)
    return _looked_up(name, rule)


def trace(name: str, rule: FieldRule, place: str, origin: Callable[[str], Origin], used: tuple[str, ...]) -> Trace:
    """Return where this field comes from; `origin` tells of each canonical field, `used` are those of its template."""
    if rule.step is not None:
        return Trace(name, place, how=f"the id of the step {rule.step}")
    if rule.value is not None:
        return Trace(name, place, how="written in the mapping")
    return Trace(name, place, tuple(origin(source) for source in rule.sources or used))


def _needed(context: Context, step: str) -> Value:
    key = context.step_keys.get(step)
    return Needed(key) if key else None


def _templated(rule: FieldRule, place: str, templates: Templates | None) -> Compiled:
    if templates is None:
        raise ConfigError(f"{place}: a template cannot be used here. Use from, value or text.")
    template = templates.load(rule.template or "")
    return lambda context: templates.render(template, context.values, limit=rule.max) or None


def _texted(rule: FieldRule) -> Compiled:
    pattern, limit, giving_way = rule.text or "", rule.max, rule.shorten

    def filled(values: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda found: values[found[1]], pattern).strip()

    def work(context: Context) -> Value:
        values = {name: _one_line(context.values.get(name)) for name in rule.sources}
        whole = filled(values)
        if limit is None or len(whole) <= limit:
            return whole
        if giving_way in values:
            room = limit - (len(whole) - len(values[giving_way]))
            if room > 0:
                return filled(values | {giving_way: shortened(values[giving_way], room)})
        return shortened(whole, limit)

    return work


def _looked_up(name: str, rule: FieldRule) -> Compiled:
    if rule.find is None:
        read = reader([_choice(name, rule)])
        return lambda context: read(context.values, context.notes).get(name)
    sources, transform = rule.sources, TRANSFORMS.get(rule.as_ or "")
    by = span(rule.plus) if rule.plus else None

    def convert(value: Value, context: Context, source: str) -> Value:
        if rule.values is not None:
            value = _listed(value, rule, context, source)
        if rule.find is not None:
            value = _found(value, rule.find, context)
        if missing(value):
            return None
        try:
            value = later(value, by) if by else value
            value = transform(value) if transform else value
        except ValueError as error:
            context.notes.append(f"{source}: {error}; it was left out")
            return None
        return fitted(value, rule.max) if rule.max and isinstance(value, str) else value

    def work(context: Context) -> Value:
        for source in sources:
            value = context.values.get(source)
            if missing(value):
                continue
            converted = convert(value, context, source)
            if not missing(converted):
                return converted
        if rule.find in ("active_user", "active_email") and rule.default is None:
            # Roles, never addresses: this reason is shown in run reports and on the deal.
            ends = ("is empty", "is no active user")
            tried = ", ".join(f"{source} {ends[bool(context.values.get(source))]}" for source in sources)
            raise RecordError(
                f"Nobody active can be {name}: {tried}. Activate a user, or correct routing and people.yml."
            )
        return rule.default

    return work


def _listed(value: Value, rule: FieldRule, context: Context, source: str) -> Value:
    assert rule.values is not None
    key = exact(value)
    if key in rule.values:
        return rule.values[key]
    if rule.default is None:
        context.notes.append(f"{source}: {quoted(value)} is not among the values of the mapping; it was left out")
    return None


def _found(value: Value, find: Find, context: Context) -> Value:
    if find == "company":
        return context.companies.get(str(value).strip())
    user = context.users.get(str(value).strip().lower())
    if user is None or (find != "user" and not user.active):
        return None
    return user.email if find == "active_email" else user.id


def _one_line(value: Value) -> str:
    return "" if missing(value) else " ".join(text(value).split())
