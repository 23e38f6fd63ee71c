"""The records of the benchmarks: accounts, and deals of 25 fields, alike for every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from benchmarks.names import Companies

STAGES = ("new", "contacted", "qualified", "offer", "negotiation", "signing", "won", "lost")
STAGE_WEIGHTS = (18, 16, 14, 12, 10, 5, 15, 10)
SOURCES = ("web", "fair", "referral", "call", "mail", "partner", "social", "press", "tender")
INDUSTRIES = (
    "automotive", "banking", "chemicals", "construction", "education", "energy", "fashion",
    "food", "government", "health", "hotels", "insurance", "logistics", "machinery", "media",
    "mining", "retail", "software", "telecom", "travel",
)  # fmt: skip
REGIONS = ("north", "east", "south", "central", "northwest", "southwest", "europe", "americas")
PRIORITIES = ("low", "normal", "high", "urgent")
TAGS = ("key", "new", "risk", "vip", "upsell", "pilot", "export", "legal", "renewal", "slow")
_PROJECTS = (
    "年度框架", "设备采购", "系统升级", "服务合同", "annual frame", "spare parts", "upgrade",
    "maintenance", "pilot", "expansion",
)  # fmt: skip
_NOTES = (
    "客户希望在季度末之前签约，需要法务审核。",
    "The customer compares three offers and decides after the fair.",
    "等待对方确认交货时间和付款条件。",
    "Ask for the technical drawings before the next visit.",
    "去年采购了同类产品，价格敏感。",
    "Decision is made by the board in the second week.",
)
_FIRST_DAY = date(2023, 1, 1)
_FIRST_INSTANT = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Deal:
    """Twenty-five values of one record; None is empty. `account` and `partner` are positions
    in the list of accounts, `owner` one in the list of users."""

    name: str
    code: str
    description: str | None
    amount: Decimal
    cost: Decimal | None
    discount: Decimal | None
    probability: Decimal
    quantity: int
    score: Decimal | None
    close_date: date
    start_date: date | None
    next_contact: datetime | None
    stage: str
    source: str | None
    industry: str
    region: str
    priority: str
    tags: list[str]
    active: bool
    renewed: bool
    account: int
    partner: int | None
    email: str | None
    phone: str | None
    website: str | None
    owner: int


FIELD_NAMES = tuple(field.name for field in fields(Deal) if field.name != "owner")


@dataclass(frozen=True, slots=True)
class Data:
    """The data of one tenant, a function of the seed."""

    seed: int
    records: int
    accounts: int
    users: int

    def account_names(self) -> list[str]:
        """Names of the accounts, by position."""
        companies = Companies(Random(self.seed))
        return [companies.draw() for _ in range(self.accounts)]

    def deals(self, first: int = 0, count: int | None = None) -> Iterator[Deal]:
        """Deals of the positions from `first` on; `count` None means up to `records`."""
        names = self.account_names()
        random = Random(f"{self.seed}/{first}")
        for position in range(first, self.records if count is None else first + count):
            yield _deal(random, position, names, self.users)


def _deal(random: Random, position: int, accounts: list[str], users: int) -> Deal:
    chance, below, pick = random.random, random.randrange, random.choice
    account = below(len(accounts))
    company = accounts[account]
    amount = Decimal(int(1000 * 10 ** (chance() * 3))) + Decimal(below(100)) / 100
    start = _FIRST_DAY + timedelta(days=below(1000))
    code = f"D-{position:07d}"
    return Deal(
        name=f"{company} {pick(_PROJECTS)} {2023 + below(4)}",
        code=code,
        description=f"{pick(_NOTES)} {pick(_NOTES)}" if chance() < 0.5 else None,
        amount=amount,
        cost=round(amount * below(40, 90) / 100, 2) if chance() < 0.8 else None,
        discount=Decimal(below(0, 30)) if chance() < 0.4 else None,
        probability=Decimal(below(0, 21) * 5),
        quantity=below(1, 500),
        score=Decimal(below(10_000)) / 100 if chance() < 0.7 else None,
        close_date=start + timedelta(days=below(30, 400)),
        start_date=start if chance() < 0.9 else None,
        next_contact=_FIRST_INSTANT + timedelta(minutes=below(1_000_000))
        if chance() < 0.6
        else None,
        stage=random.choices(STAGES, STAGE_WEIGHTS)[0],
        source=pick(SOURCES) if chance() < 0.9 else None,
        industry=pick(INDUSTRIES),
        region=pick(REGIONS),
        priority=pick(PRIORITIES),
        tags=sorted(set(random.choices(TAGS, k=below(0, 4)))),
        active=chance() < 0.7,
        renewed=chance() < 0.2,
        account=account,
        partner=below(len(accounts)) if chance() < 0.3 else None,
        email=f"buyer{position}@example.com" if chance() < 0.8 else None,
        phone=f"+8613{below(10**9):09d}" if chance() < 0.8 else None,
        website=f"https://www.example{below(100_000)}.com" if chance() < 0.5 else None,
        owner=below(users),
    )
