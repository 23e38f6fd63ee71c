"""Names of companies in Chinese and English."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_NAMES_FILE = Path("company-names-zh", "names.txt")

_SYLLABLES = tuple(
    "华达盛联信恒泰瑞丰佳宏利东方天海金美新国中南北安康德明光正通博润鑫兴隆凯伟源宝龙富顺昌荣嘉诚创科远景云星飞"
)
_CHINESE_KINDS = ("有限公司", "股份有限公司", "集团", "科技有限公司", "贸易有限公司", "实业")
_FIRST = (
    *("Acme", "Alder", "Amber", "Apex", "Aspen", "Atlas", "Aurora", "Beacon", "Birch", "Blue"),
    *("Cedar", "Cobalt", "Coral", "Crest", "Delta", "Eagle", "Echo", "Elm", "Ember", "Falcon"),
    *("Fern", "Flint", "Garnet", "Granite", "Harbor", "Hazel", "Heron", "Indigo", "Iron", "Jade"),
    *("Juniper", "Lark", "Laurel", "Linden", "Lotus", "Lunar", "Maple", "Marble", "Meadow", "Nova"),
    *("Oak", "Olive", "Onyx", "Opal", "Orion", "Pearl", "Pine", "Polar", "Quartz", "Raven"),
    *("Ridge", "River", "Sage", "Silver", "Solar", "Stone", "Summit", "Terra", "Topaz", "Willow"),
)
_SECOND = (
    *("Analytics", "Automation", "Biotech", "Builders", "Capital", "Ceramics", "Chemicals"),
    *("Components", "Controls", "Electric", "Energy", "Engineering", "Foods", "Freight", "Glass"),
    *("Holdings", "Imaging", "Industries", "Instruments", "Labs", "Logistics", "Machines"),
    *("Materials", "Media", "Medical", "Metals", "Mobility", "Motors", "Networks", "Optics"),
    *("Packaging", "Partners", "Pharma", "Plastics", "Power", "Robotics", "Software", "Steel"),
    *("Systems", "Textiles", "Tools", "Trading", "Travel", "Ventures", "Water", "Works"),
)
_ENGLISH_KINDS = ("Ltd", "Inc", "GmbH", "Group", "Co.", "PLC")


class Companies:
    """Draws company names; about six in ten are Chinese."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.chinese = chinese_stems(random)

    def draw(self) -> str:
        """One name."""
        pick = self._random.choice
        if self._random.random() < 0.6:
            return pick(self.chinese) + pick(_CHINESE_KINDS)
        return f"{pick(_FIRST)} {pick(_SECOND)} {pick(_ENGLISH_KINDS)}"


def chinese_stems(random: Random) -> list[str]:
    """Short Chinese company names, from the data folder where there is one, else made up.

    `BANYAN_DATA` names the folder; by default it is `../shared/data` beside the checkout.
    """
    path = Path(os.environ.get("BANYAN_DATA") or _DATA) / _NAMES_FILE
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        return [line.strip() for line in lines if line.strip()]
    return ["".join(random.choices(_SYLLABLES, k=random.choice((2, 2, 3)))) for _ in range(5_000)]
