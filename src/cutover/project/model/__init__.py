"""What a mapping and a project file may say, as typed and frozen models.

The models are the single description of the format: editors complete from the JSON Schema made of them, `cutover check`
validates with them, and every phase reads them. The rule kinds are those of the specification's vocabulary; each is one
class whose docstring says what it does and when it rejects a row.
"""

from cutover.project.model.cleansing import Cleanse
from cutover.project.model.mapping import ControlTotal, Mapping, Pilot, located_fields, rule_fields
from cutover.project.model.project import NumberRange, ProjectFile, Rate, System, TargetSystem, Thresholds, Wave
from cutover.project.model.rows import Acyclic, AllOrNone, DropColumn, Duplicates, Exclude, Merge
from cutover.project.model.rules import (
    Cast,
    Constant,
    Copy,
    DefaultAudited,
    Derive,
    FieldRule,
    Lookup,
    LookupEffective,
    OpeningBalance,
    Rule,
    Unit,
    Xref,
)
from cutover.project.model.sources import Csv, Excel, Source
from cutover.project.model.target import Check, Split, Target
from cutover.project.model.words import (
    UNIQUE,
    Columns,
    Expression,
    Identifier,
    Model,
    RuleId,
    Scalar,
    SourceTable,
    Table,
    Type,
)

__all__ = [
    "Acyclic",
    "AllOrNone",
    "Cast",
    "Check",
    "Cleanse",
    "Columns",
    "Constant",
    "ControlTotal",
    "Copy",
    "Csv",
    "DefaultAudited",
    "Derive",
    "DropColumn",
    "Duplicates",
    "Excel",
    "Exclude",
    "Expression",
    "FieldRule",
    "Identifier",
    "Lookup",
    "LookupEffective",
    "Mapping",
    "Merge",
    "Model",
    "NumberRange",
    "OpeningBalance",
    "Pilot",
    "ProjectFile",
    "Rate",
    "Rule",
    "RuleId",
    "Scalar",
    "Source",
    "SourceTable",
    "Split",
    "System",
    "Table",
    "Target",
    "TargetSystem",
    "Thresholds",
    "Type",
    "UNIQUE",
    "Unit",
    "Wave",
    "Xref",
    "located_fields",
    "rule_fields",
]
