"""Finds in the sources what builds a message, and each form."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_PASSING_ON = {
    # They change a panel that another one built, or take one apart.
    "cogs.checkins.views.inert",
}


@dataclass(frozen=True, slots=True, order=True)
class Builder:
    """A function that builds a message, or a form."""

    module: str
    name: str
    says: str
    """The first sentence of its docstring."""
    is_form: bool

    @property
    def key(self) -> str:
        """Module and name, which nothing else has."""
        return f"{self.module}.{self.name}"

    @property
    def feature(self) -> str:
        """The folder it is in."""
        return self.module.split(".")[1]


def builders() -> list[Builder]:
    """All of them, by module and in the order in which they stand there."""
    found: list[Builder] = []
    for path in sorted((ROOT / "cogs").rglob("*views.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            is_form = isinstance(node, ast.ClassDef)
            if _is_form(node) if isinstance(node, ast.ClassDef) else _gives_panel(node):
                found.append(Builder(module, node.name, _sentence(node), is_form))
    return [one for one in found if not one.name.startswith("_") and one.key not in _PASSING_ON]


def _sentence(node: ast.ClassDef | ast.FunctionDef) -> str:
    said = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
    return said.partition(". ")[0].rstrip(".")


def _is_form(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("Form") for base in node.bases)


def _gives_panel(node: ast.FunctionDef) -> bool:
    return node.returns is not None and "Panel" in ast.unparse(node.returns)
