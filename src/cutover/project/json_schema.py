"""JSON Schemas of the project files, made of the models: what an editor completes is what `cutover check` accepts."""

import json
from pathlib import Path
from typing import Any

from cutover.project.model import Mapping, Model, ProjectFile

SCHEMAS: dict[str, type[Model]] = {"mapping.schema.json": Mapping, "project.schema.json": ProjectFile}


def build_schema(model: type[Model]) -> dict[str, Any]:
    """Return the JSON Schema of a project file; docstrings become the descriptions that editors show."""
    schema = model.model_json_schema()
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    return schema


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, model in SCHEMAS.items():
        path = folder / name
        path.write_text(json.dumps(build_schema(model), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written
