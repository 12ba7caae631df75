"""The whole sandbox without a socket: the engines, their clock, their journal, and the one way in."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from sandbox import csv_data
from sandbox import seed as seed_module
from sandbox.clock import SimulatedClock
from sandbox.faults import Faults
from sandbox.ids import BASE62, with_checksum
from sandbox.journal import Journal
from sandbox.naming import unknown
from sandbox.stand_ins import Tenancy, stand_ins
from sandbox.wire import Contents, Cut, Delayed, Engine, Json, Objects, RealClock, Record, Request, Response

_NOT_SYSTEMS = ("csv", "into", "tenant")
SHARED_SETTINGS = frozenset({"hidden_fields", "picklists", "inactive_users"})


class SandboxError(Exception):
    """The person asked for something the sandbox cannot do; the message says what to change."""


Engines = dict[str, Engine]
EngineMaker = Callable[[Tenancy, int], Engines]
TenantMaker = Callable[[int, datetime], Contents]


def new_tenancy() -> Tenancy:
    """Return ids that were never used before."""
    code = "".join(secrets.choice(BASE62) for _ in range(12))
    return Tenancy(org=with_checksum(f"00D{code}"), tenant=f"harbor-{secrets.token_hex(8)}")


class World:
    """
    Every stand-in of one tenant.

    All of it is guarded by one lock, so that calls see each other's writes in one order.
    Raises `SandboxError` for a person's mistakes; nothing has changed then unless an engine had begun to load.
    """

    def __init__(
        self,
        *,
        seed: int,
        clock: SimulatedClock,
        port_base: int = 8700,
        real_now: RealClock,
        engines: EngineMaker | None = None,
        tenant: TenantMaker = seed_module.contents,
    ) -> None:
        """Begin with the generated tenant; `engines` and `tenant` stand in for the real makers in tests."""
        self.clock = clock
        self.seed = seed
        self._seeded = tenant
        self._make = engines or (lambda tenancy, base: vendor_engines(tenancy, base, real_now=real_now))
        self._lock = threading.RLock()
        self._port_base = port_base
        self._begin(tenant(seed, clock.now()))

    def handle(self, system: str, request: Request) -> Response:
        """
        Answer one call as the vendor would now, in simulated time, and note it in the journal.

        Raises:
            Cut: a fault takes the answer away; the journal says status 0, and whether the call was applied.
        """
        with self._lock:
            engine = self._engine(system)
            if self._faults.idle:
                now = self.clock.now()
                response, cut = engine.handle(request, now), None
            else:
                response, now, cut = self._faults.handled(engine, request)
            self._journal.note(system, request, response, at=now)
        if cut:
            raise Cut(cut)
        return replace(response, headers={**response.headers, "date": format_datetime(now, usegmt=True)})

    def reset(self, seed: int | None = None) -> None:
        """Begin again as a new org and tenant with an empty journal and a generated tenant; the clock runs on."""
        with self._lock:
            self.seed = self.seed if seed is None else seed
            self._begin(self._seeded(self.seed, self.clock.now()))

    def state(self, system: str | None = None, object: str | None = None) -> dict[str, Objects]:
        """
        Return copies of the records by system and object, narrowed as asked.

        An object alone is looked for in every system, and those that do not have it are left out.
        """
        with self._lock:
            self._settle()
            if system is not None:
                return {system: narrowed(self._engine(system), object)}
            if object is None:
                return {name: engine.state() for name, engine in self._engines.items()}
            return self._found(object)

    def journal(self, system: str | None = None) -> list[Record]:
        """Return the journal's rows, one system's when named."""
        with self._lock:
            if system is not None:
                self._engine(system)
            return self._journal.rows(system)

    def load(self, body: Json) -> dict[str, dict[str, int]]:
        """
        Take `{system: {object: [record]}}`, `{"tenant": {...}}`, `{"csv": DIR}`, or several of them at once.

        The csv directory goes into Salesforce, or into HubSpot with `"into": "hubspot"` beside it.

        `hidden_fields`, `picklists` and `inactive_users` are settings of every system, each of which passes
        over the names it does not have; a system's own switches stand in `{"tenant": {system: {...}}}`, and
        those of one system may stand beside it; see `StandIn.plain_settings`.
        A csv directory comes first and begins a new tenant, as `reset` does. Returns how many records
        came in by system and object.
        """
        if not isinstance(body, Mapping) or not body:
            raise SandboxError(f"There is nothing to load. Give an object with any of: {self._loadable()}.")
        with self._lock:
            objects = self._checked(body)
            loaded = self._load_csv(body["csv"], body.get("into", "salesforce")) if "csv" in body else {}
            if "tenant" in body:
                self._set_up(body["tenant"])
            for system, records in objects.items():
                self._put(system, records)
                loaded[system] = {**loaded.get(system, {}), **counts(records)}
            return loaded

    def healthz(self) -> Record:
        """Return who this tenant is and which systems answer."""
        with self._lock:
            return {
                "ok": True,
                "org": self._tenancy.org,
                "tenant": self._tenancy.tenant,
                "systems": list(self._engines),
            }

    def faults(self, body: Json) -> list[Record]:
        """Set a list of faults in place of those before, `[]` none; return what `faults_set` does."""
        with self._lock:
            try:
                self._faults.set(body)
            except ValueError as error:
                raise SandboxError(str(error)) from error
            return self._faults.report()

    def faults_set(self) -> list[Record]:
        """Return each fault that is set, the calls it concerned (by system, route, record) and those it struck."""
        with self._lock:
            return self._faults.report()

    def struck(self) -> Counter[str]:
        """Return how often each kind of fault struck since this tenant began, those no longer set among them."""
        with self._lock:
            return self._faults.struck()

    @property
    def port_base(self) -> int:
        """The port base that the systems name in their answers."""
        return self._port_base

    def move(self, port_base: int) -> None:
        """Name other ports from now on; when they differ, begin again, and lose what was loaded on top."""
        with self._lock:
            if port_base != self._port_base:
                self._port_base = port_base
                self._begin(self._began_with)

    @property
    def systems(self) -> list[str]:
        """The names of the systems that answer."""
        with self._lock:
            return list(self._engines)

    def _settle(self) -> None:
        """Let what waits for its moment be seen where that has come."""
        self._faults.commit_due()
        for engine in self._engines.values():
            if isinstance(engine, Delayed):
                engine.settle(self.clock.now())

    def _found(self, object: str) -> dict[str, Objects]:
        found, refusals = {}, []
        for name, engine in self._engines.items():
            try:
                found[name] = narrowed(engine, object)
            except SandboxError as error:
                refusals.append(str(error))
        if not found:
            raise SandboxError(" ".join(refusals))
        return found

    def _begin(self, contents: Contents) -> None:
        """Become a new tenant with these contents; when they cannot be loaded, stay the old one."""
        tenancy = new_tenancy()
        engines = self._make(tenancy, self._port_base)
        for system, engine in engines.items():
            if settings := contents.settings.get(system):
                engine.tenant(settings)
            if objects := self._objects(system, contents):
                engine.load(objects, self.clock.now())
        self._tenancy, self._engines, self._journal = tenancy, engines, Journal()
        self._faults = Faults(self.clock, engines)
        self._began_with = contents

    def _objects(self, system: str, contents: Contents) -> Objects:
        """Return what a system begins with: what the tenant's maker gives, or what it makes of that."""
        begins = stand_ins()[system].begins if system in stand_ins() else None
        given = contents.objects.get(system, {})
        return given or (begins(contents, self.clock.now()) if begins else {})

    def _load_csv(self, directory: Json, into: Json) -> dict[str, dict[str, int]]:
        if into not in list(csv_data.CRMS):
            raise SandboxError(unknown("CRM", into, csv_data.CRMS))
        if not isinstance(directory, str | Path):
            raise SandboxError(f'"csv" is the path of a directory, not {directory!r}.')
        try:
            contents = csv_data.contents(Path(directory), self.clock.now(), into)
            self._begin(contents)
        except ValueError as error:
            raise SandboxError(str(error)) from error
        begun = {system: self._objects(system, contents) for system in self._engines}
        return {system: counts(objects) for system, objects in begun.items() if objects}

    def _set_up(self, settings: Json) -> None:
        if not isinstance(settings, Mapping):
            raise SandboxError('"tenant" is an object of settings, such as {"hidden_fields": [...]}.')
        for name, value in settings.items():
            if name in SHARED_SETTINGS:
                for system in self._engines:
                    self._give(system, {name: value})
            elif name in self._engines and name != self._plain:
                self._give(name, {name: value})  # these read their switches under their own name
            else:
                self._give(self._plain, value if name == self._plain else {name: value})

    @property
    def _plain(self) -> str:
        """The system whose switches may stand without its name."""
        return next(name for name, one in stand_ins().items() if one.plain_settings)

    def _give(self, system: str, settings: Json) -> None:
        try:
            self._engine(system).tenant(settings)
        except (ValueError, TypeError, AttributeError) as error:  # an odd shape is the person's mistake too
            raise SandboxError(f"{system}: {error}") from error

    def _put(self, system: str, objects: Objects) -> None:
        engine = self._engines[system]
        try:
            if self._faults.idle:
                engine.load(objects, self.clock.now())
            else:
                self._faults.load(engine, objects)
        except ValueError as error:
            raise SandboxError(f"{system}: {error}") from error

    def _checked(self, body: Mapping[str, Json]) -> dict[str, Objects]:
        if "into" in body and "csv" not in body:
            raise SandboxError('"into" names the CRM of a "csv" directory. Give both.')
        systems = {name: value for name, value in body.items() if name not in _NOT_SYSTEMS}
        for name, objects in systems.items():
            if name not in self._engines:
                raise SandboxError(unknown("key", name, [*_NOT_SYSTEMS, *self._engines]))
            if not is_objects(objects):
                raise SandboxError(f"{name}: records stand as {{object: [record, ...]}}, as GET /state shows them.")
        return systems

    def _engine(self, system: str) -> Engine:
        if system not in self._engines:
            raise SandboxError(unknown("system", system, self._engines))
        return self._engines[system]

    def _loadable(self) -> str:
        return ", ".join(["csv", "tenant", *self._engines])


def vendor_engines(tenancy: Tenancy, port_base: int, *, real_now: RealClock) -> Engines:
    """Return the stand-ins of this release, empty."""
    return {name: one.make(tenancy, f"127.0.0.1:{port_base + one.port}", real_now) for name, one in stand_ins().items()}


def port_of(name: str) -> int:
    """Return the place of a system's port, or that of `control`, after the port base."""
    return 0 if name == "control" else stand_ins()[name].port


def narrowed(engine: Engine, name: str | None) -> Objects:
    """Return an engine's records, or those of one object; `SandboxError` when it has no such object."""
    if name is None:
        return engine.state()
    one = getattr(engine, "state_of", None)
    try:
        return {name: one(name) if one else engine.state()[name]}
    except (KeyError, ValueError) as error:
        held = engine.state()
        raise SandboxError(f"{engine.system}: {unknown('object', name, held)}") from error


def counts(objects: Objects) -> dict[str, int]:
    """Return how many records stand under each object."""
    return {name: len(records) for name, records in objects.items()}


def is_objects(value: Json) -> bool:
    """Say whether this is `{object: [record, ...]}`."""
    return isinstance(value, Mapping) and all(
        isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for rows in value.values()
    )
