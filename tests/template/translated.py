"""template.yaml as CloudFormation will see it: parsed, altered if a test wants, translated by SAM."""

import copy
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# SAM writes partitions by region.
os.environ["AWS_DEFAULT_REGION"] = "cn-northwest-1"

from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.swagger import swagger  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# SAM copies the description of the whole API twice for each of its routes. Nobody here holds an old one, and without
# the copies a translation takes a twentieth of the time.
swagger._deepcopy = lambda document: document

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"

Resource = dict[str, Any]


def source() -> dict[str, Any]:
    """The template as it is written, with intrinsics in their long form."""
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Stack:
    """What CloudFormation is asked to make."""

    resources: dict[str, Resource]
    source: dict[str, Any]

    def of(self, *kinds: str) -> dict[str, Resource]:
        """Resources of these types, by logical name."""
        return {name: each for name, each in self.resources.items() if each["Type"].removeprefix("AWS::") in kinds}

    def properties(self, name: str) -> dict[str, Any]:
        return self.resources[name].get("Properties", {})


def translate(template: dict[str, Any]) -> Stack:
    """Runs SAM offline. The packages do not exist here, so each gets an address of its own."""
    written = copy.deepcopy(template)
    for resource in written["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://packages/" + str(resource["Properties"].get("CodeUri"))
    made = Translator({}, Parser()).translate(copy.deepcopy(written), {"Stage": "prod"})
    return Stack(resources=made["Resources"], source=template)


def deployed(value: Any) -> Any:
    """The value outside a laptop."""
    if isinstance(value, dict) and (chosen := value.get("Fn::If")) and chosen[0] == "Deployed":
        return chosen[1]
    return value


def target(value: Any) -> str | None:
    """The logical name a Ref or a GetAtt of an ARN or name points to."""
    if not isinstance(value, dict):
        return None
    if "Ref" in value:
        return str(value["Ref"])
    attribute = value.get("Fn::GetAtt")
    return str(attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]) if attribute else None


def strings(value: Any) -> list[str]:
    """Every string inside a value, keys left out."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return []


def listed(value: Any) -> list[Any]:
    """A list where AWS lets one write a single value."""
    return value if isinstance(value, list) else [] if value is None else [value]
