"""The objects and fields of the tenant, as data."""

from collections.abc import Iterable
from dataclasses import dataclass, field

TEXT_TYPES = frozenset({"STRING", "RICHTEXTAREA", "EMAIL", "URL", "JSONSTRING"})
NUMBER_TYPES = frozenset({"NUMBER", "CURRENCY", "PERCENTAGE"})
ID_TYPES = frozenset({"GSID", "LOOKUP", "PICKLIST"})
DATA_TYPES = TEXT_TYPES | NUMBER_TYPES | ID_TYPES | {"BOOLEAN", "DATE", "DATETIME"}
KEY_TYPES = frozenset({"STRING", "GSID", "NUMBER", "EMAIL"})  # C-S: what an update may be keyed by


@dataclass(frozen=True)
class Field:
    """
    One field of an object.

    `length` bounds texts. `required` fields refuse null. `target` is the object a lookup points to and
    `category` the picklist it draws from. A `timed` date is written as a day and read with a time.
    """

    name: str
    type: str = "STRING"
    length: int = 255
    required: bool = False
    read_only: bool = False
    target: str = ""
    category: str = ""
    timed: bool = False
    default: bool | float | None = None

    @property
    def label(self) -> str:
        """Return the name as a person reads it."""
        return self.name.removesuffix("__gc").replace("_", " ").strip()


@dataclass
class ObjectType:
    """One object: canonical name, GSID prefix, fields by lower-case name, and how records are written."""

    name: str
    prefix: str
    fields: dict[str, Field] = field(default_factory=dict)
    kind: str = "STANDARD"
    plural: str = ""
    writable: bool = False  # through the object route

    def add(self, fields: Iterable[Field]) -> "ObjectType":
        """Add fields; one of the same name is replaced."""
        self.fields.update((each.name.lower(), each) for each in fields)
        return self


_LONG = 32_000  # UNK: no length of the long texts is documented


def _gsid() -> Field:
    return Field("Gsid", "GSID", read_only=True)


def _stamps(*names: str) -> list[Field]:
    return [Field(name, "DATETIME", read_only=True) for name in names or ("CreatedDate", "ModifiedDate")]


def _authors() -> list[Field]:
    return [Field(name, "LOOKUP", target="gsuser", read_only=True) for name in ("CreatedById", "ModifiedById")]


def _pick(name: str, category: str) -> Field:
    return Field(name, "LOOKUP", target="da_picklist", category=category)


def _company() -> list[Field]:
    return [
        _gsid(),
        Field("Name", required=True),
        Field("Industry"),
        Field("ARR", "CURRENCY"),
        Field("Employees", "NUMBER"),
        Field("OriginalContractDate", "DATE"),
        Field("RenewalDate", "DATE"),
        Field("Stage", "PICKLIST", category="Company.Stage"),
        Field("Status", "PICKLIST", category="Company.Status"),
        Field("Csm", "LOOKUP", target="gsuser"),
        Field("ParentCompanyName"),
        Field("CurrencyIsoCode", length=3),
        Field("SfdcAccountId", length=18),
        Field("Bridge_Key__gc"),
        Field("Handoff_Completeness__gc", "PERCENTAGE"),
        Field("Hubspot_Company_Id__gc"),
        *_stamps(),
    ]


def _gsuser() -> list[Field]:
    return [
        _gsid(),
        Field("Email", "EMAIL"),
        Field("Name"),
        Field("FirstName"),
        Field("LastName"),
        Field("IsActiveUser", "BOOLEAN", default=True),
        Field("Title"),
        Field("Timezone"),
        *_stamps(),
    ]


def _cta() -> list[Field]:
    return [
        _gsid(),
        Field("Name", required=True),
        Field("CompanyId", "LOOKUP", target="Company", required=True),
        Field("OwnerId", "LOOKUP", target="gsuser", required=True),
        _pick("TypeId", "CTA_TYPE"),
        _pick("ReasonId", "CTA_REASON"),
        _pick("StatusId", "CTA_STATUS"),
        _pick("PriorityId", "CTA_PRIORITY"),
        Field("DueDate", "DATE", required=True, timed=True),
        Field("IsClosed", "BOOLEAN", read_only=True, default=False),
        Field("IsImportant", "BOOLEAN", default=False),
        Field("Comments", "RICHTEXTAREA", length=_LONG),
        Field("CtaGroupId", "LOOKUP", target="cta_group"),
        Field("EntityType"),
        Field("Bridge_Key__gc"),
        *_stamps(),
        *_authors(),
    ]


def _plan() -> list[Field]:
    return [
        _gsid(),
        Field("Name", required=True),
        Field("CompanyId", "LOOKUP", target="Company", required=True),
        Field("OwnerId", "LOOKUP", target="gsuser", required=True),
        _pick("SuccessPlanTypeId", "SUCCESS_PLAN_TYPE"),
        _pick("StatusId", "SUCCESS_PLAN_STATUS"),
        Field("DueDate", "DATE", timed=True),
        Field("ActionPlan", "RICHTEXTAREA", length=_LONG),
        Field("PercentComplete", "PERCENTAGE", read_only=True, default=0),
        Field("IsClosed", "BOOLEAN", read_only=True, default=False),
        Field("Bridge_Key__gc"),
        *_stamps(),
        *_authors(),
    ]


def _activity() -> list[Field]:
    return [
        _gsid(),
        Field("ActivityId", "GSID", read_only=True),
        Field("ExternalId", required=True),
        Field("ContextName", required=True),
        Field("ContextId", "GSID"),
        Field("TypeName", required=True),
        Field("Subject", required=True),
        Field("Notes", "RICHTEXTAREA", length=_LONG, required=True),
        Field("ActivityDate", "DATETIME"),
        Field("AuthorId", "LOOKUP", target="gsuser", required=True),
        Field("GsCompanyId", "LOOKUP", target="Company"),
        Field("InternalAttendees", "JSONSTRING", length=_LONG),
        Field("ExternalAttendees", "JSONSTRING", length=_LONG),
        *_stamps("CreatedDate", "LastModifiedDate"),
    ]


def _task() -> list[Field]:
    return [
        _gsid(),
        Field("Name", required=True),
        Field("CtaId", "LOOKUP", target="call_to_action"),
        Field("CompanyId", "LOOKUP", target="Company"),
        Field("OwnerId", "LOOKUP", target="gsuser"),
        Field("Status"),
        Field("DueDate", "DATE", timed=True),
        Field("Description", "RICHTEXTAREA", length=_LONG),
        *_stamps(),
    ]


def _picklist_item() -> list[Field]:
    return [
        _gsid(),
        Field("Name"),
        Field("SystemName"),
        Field("CategoryId", "GSID"),
        Field("CategoryName"),
        Field("TypeName"),
        Field("DisplayOrder", "NUMBER"),
        Field("IsActive", "BOOLEAN"),
        Field("IsDefault", "BOOLEAN"),
    ]


def _delete_log() -> list[Field]:
    return [_gsid(), Field("RecordId", "GSID"), Field("DeletedOn", "DATETIME"), Field("ObjectName")]


class Schema:
    """
    The objects of one tenant.

    The prefixes of plan (1S02), task (1S03), activity (1A01) and delete log (1D01) are invented: the
    vendor's are unknown.
    """

    def __init__(self) -> None:
        standard = [
            ObjectType("Company", "1P02", plural="Companies", writable=True).add(_company()),
            ObjectType("gsuser", "1P01", plural="Users", kind="SYSTEM").add(_gsuser()),
            ObjectType("call_to_action", "1S01", plural="Calls To Action").add(_cta()),
            ObjectType("cta_group", "1S02", plural="Success Plans").add(_plan()),
            ObjectType("activity_timeline", "1A01", plural="Timeline Activities").add(_activity()),
            ObjectType("cs_task", "1S03", plural="Tasks").add(_task()),
            ObjectType("da_picklist", "1I00", plural="Picklist Items", kind="SYSTEM").add(_picklist_item()),
            ObjectType("record_delete_log", "1D01", plural="Deletes", kind="SYSTEM").add(_delete_log()),
        ]
        self.objects = {each.name.lower(): each for each in standard}
        self.hidden: frozenset[tuple[str, str]] = frozenset()  # object and field, lower case
        self.withheld: frozenset[tuple[str, str]] = frozenset()  # hidden too, for a while

    def find(self, name: str) -> ObjectType | None:
        """Return the object of that name in any case, or None."""
        return self.objects.get(name.lower())

    def named(self, name: str) -> ObjectType:
        """Return an object that is known to exist."""
        return self.objects[name.lower()]

    def visible(self, kind: ObjectType) -> dict[str, Field]:
        """Return the fields an API caller can see, by lower-case name."""
        if not self.hidden and not self.withheld:
            return kind.fields
        key, unseen = kind.name.lower(), self.hidden | self.withheld
        return {name: each for name, each in kind.fields.items() if (key, name) not in unseen}

    def add_custom(self, name: str) -> ObjectType:
        """Return the custom object `name`, created when new; its name must end in `__gc`."""
        if not name.endswith("__gc"):
            raise ValueError(f"The name of a custom object ends in '__gc'; got {name!r}.")
        fields = [_gsid(), Field("Name"), *_stamps()]
        made = ObjectType(name, "1Z02", kind="CUSTOM", plural=name, writable=True).add(fields)
        return self.objects.setdefault(name.lower(), made)
