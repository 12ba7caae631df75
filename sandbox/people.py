"""The people of Harbor, the invented company whose tenants the sandbox serves."""

from dataclasses import dataclass

from sandbox.wire import Record

COMPANY = "Harbor"
DOMAIN = "harbor.example"


@dataclass(frozen=True)
class Person:
    """Somebody at Harbor; `role` is csm, manager or vp."""

    first: str
    last: str
    role: str
    title: str

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        """The address at Harbor, in lower case."""
        return address(self.name)


CSMS = (
    Person("Priya", "Shah", "csm", "Senior Customer Success Manager"),
    Person("Ben", "Okafor", "csm", "Customer Success Manager"),
    Person("Cleo", "Martin", "csm", "Customer Success Manager"),
    Person("Dana", "Kim", "csm", "Customer Success Manager"),
    Person("Emil", "Novak", "csm", "Customer Success Manager"),
    Person("Farah", "Aziz", "csm", "Senior Customer Success Manager"),
)
MANAGERS = (
    Person("Maya", "Lind", "manager", "Manager, Customer Success Enterprise"),
    Person("Tomas", "Reyes", "manager", "Manager, Customer Success Growth"),
)
VP_OF_CS = Person("Victor", "Stone", "vp", "VP of Customer Success")
CUSTOMER_SUCCESS = (*CSMS, *MANAGERS, VP_OF_CS)


def address(name: str) -> str:
    """Return first.last@harbor.example for a name; letters only, so it is always a valid address."""
    words = ("".join(letter for letter in word if letter.isalnum()) for word in name.lower().split())
    return f"{'.'.join(word for word in words if word)}@{DOMAIN}"


def crm_user(person: Person) -> Record:
    """Return an active user record of Salesforce for somebody at Harbor, without an id."""
    said = {"Name": person.name, "Email": person.email, "Username": person.email}
    return {**said, "IsActive": True, "TimeZoneSidKey": "Europe/London"}


def gainsight_user(name: str) -> Record:
    """Return an active Gainsight user record for somebody at Harbor, without an id."""
    first, _, last = name.partition(" ")
    return {"Name": name, "FirstName": first, "LastName": last, "Email": address(name), "IsActiveUser": True}


def customer_success_users() -> list[Record]:
    """Return Customer Success as Gainsight users, all active."""
    return [gainsight_user(person.name) for person in CUSTOMER_SUCCESS]
