"""All that one portal holds."""

from datetime import UTC, datetime
from random import Random
from uuid import UUID

from sandbox.hubspot import moments
from sandbox.hubspot.choices import Choices
from sandbox.hubspot.index import Index
from sandbox.hubspot.keeping import Keeper
from sandbox.hubspot.limits import Limits
from sandbox.hubspot.links import Links
from sandbox.hubspot.objects import KINDS, STAGES
from sandbox.hubspot.schema import Schema
from sandbox.hubspot.store import Store
from sandbox.wire import Json, Record

BEGINNING = moments.iso(datetime(2025, 1, 1, 8, tzinfo=UTC))
_ROOM = 1_000_000


class Portal:
    """The records, set-up and chance of one portal; every id it assigns follows from its number."""

    def __init__(self, portal_id: int) -> None:
        self.id = portal_id
        self.choices = Choices()
        self.chance = Random(portal_id)
        self.pipelines: dict[str, Record] = {}
        self.owners: dict[str, Record] = {}
        self.schema = Schema([])
        self.store = Store(portal_id * _ROOM)
        self.links = Links()
        self.indexes = {kind.name: Index(Random(f"{portal_id}/{kind.name}")) for kind in KINDS}
        self.keeper = Keeper(self)
        self.limits = Limits()
        self.retired: set[str] = set()
        self.rules: list[Record] = []
        self.scopes: dict[str, list[str] | None] = {}
        self.put_pipeline(_default_pipeline())

    def stages_of(self, pipeline: str) -> list[str]:
        """Return the ids of the stages of a pipeline, of all pipelines where it names none."""
        chosen = [self.pipelines[pipeline]] if pipeline in self.pipelines else list(self.pipelines.values())
        return [stage["id"] for each in chosen for stage in each["stages"]]

    def stage(self, stage_id: str) -> Record:
        """Return a stage; an open one where it is gone."""
        for pipeline in self.pipelines.values():
            for stage in pipeline["stages"]:
                if stage["id"] == stage_id:
                    return dict(stage)
        return made_stage({"id": stage_id}, 0)

    def put_pipeline(self, pipeline: Record) -> None:
        """Take a pipeline in place of the one with its id; deals in it follow its stages."""
        self.pipelines[pipeline["id"]] = pipeline
        self.schema.enter(stage["id"] for stage in pipeline["stages"])
        for deal in [*self.store.tables["deals"].values()]:
            if deal.properties.get("pipeline") == pipeline["id"] and deal.archived is None:
                self.keeper.recount(deal)

    def correlation_id(self) -> str:
        """Return a new id for one answer."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def shuffled(self, rows: list[Json]) -> list[Json]:
        """Return the results of a batch in the order in which the vendor gives them."""
        return self.chance.sample(rows, len(rows)) if self.choices.shuffle else rows


def made_stage(given: Record, place: int) -> Record:
    """Return a stage in the vendor's shape from what a person says of it; `isWon` and `isClosed` may stand there."""
    said = dict(given.get("metadata", {}))
    won = bool(given.get("isWon", False))
    closed = bool(given.get("isClosed", won))
    metadata = {
        "isClosed": str(said.get("isClosed", closed)).lower(),
        "probability": str(said.get("probability", "1.0" if won else "0.0" if closed else "0.5")),
    }
    stamps = {"createdAt": given.get("createdAt", BEGINNING), "updatedAt": given.get("updatedAt", BEGINNING)}
    return {
        "id": str(given["id"]),
        "label": given.get("label", given["id"]),
        "displayOrder": given.get("displayOrder", place),
        "metadata": metadata,
        "archived": bool(given.get("archived", False)),
        **stamps,
    }


def made_pipeline(given: Record) -> Record:
    """Return a pipeline in the vendor's shape from what a person says of it."""
    return {
        "id": str(given["id"]),
        "label": given.get("label", given["id"]),
        "displayOrder": given.get("displayOrder", 0),
        "archived": bool(given.get("archived", False)),
        "createdAt": given.get("createdAt", BEGINNING),
        "updatedAt": given.get("updatedAt", BEGINNING),
        "stages": [made_stage(dict(each), place) for place, each in enumerate(given.get("stages", []))],
    }


def _default_pipeline() -> Record:
    stages = [
        {"id": id_, "label": label, "metadata": {"isClosed": str(closed).lower(), "probability": probability}}
        for id_, label, closed, probability in STAGES
    ]
    return made_pipeline({"id": "default", "label": "Sales Pipeline", "stages": stages})
