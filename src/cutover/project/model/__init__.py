"""What a mapping and a project file may say, as typed and frozen models.

The models are the single description of the format: editors complete from the JSON Schema made of them, `cutover check`
validates with them, and every phase reads them. The rule kinds are those of the specification's vocabulary; each is one
class whose docstring says what it does and when it rejects a row.
"""

from cutover.project.model.amounts import Currency, OpeningBalance, Sign, Unit
from cutover.project.model.cleansing import Cleanse
from cutover.project.model.codes import (
    Coded,
    Codes,
    Hierarchy,
    Lookup,
    LookupComposite,
    LookupEffective,
    LookupManyToOne,
    Reference,
    Xref,
)
from cutover.project.model.mapping import ControlTotal, Mapping, Pilot, located_fields, rule_fields
from cutover.project.model.project import (
    NumberRange,
    ProjectFile,
    Quarantine,
    Rate,
    System,
    TargetSystem,
    Thresholds,
    Wave,
)
from cutover.project.model.rows import Acyclic, AllOrNone, DropColumn, Duplicates, Exclude, History, Merge
from cutover.project.model.rule import Example, Rule
from cutover.project.model.rules import (
    Branch,
    Cast,
    Conditional,
    Constant,
    Copy,
    DefaultAudited,
    Derive,
    FieldRule,
)
from cutover.project.model.sources import Csv, Excel, Fixed, FixedColumn, Json, Layout, Sheet, Source, TextFile
from cutover.project.model.target import Check, Split, Target
from cutover.project.model.texts import Attachment, Concat, Sequence, SplitField
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
    "Attachment",
    "Branch",
    "Cast",
    "Check",
    "Cleanse",
    "Coded",
    "Codes",
    "Columns",
    "Concat",
    "Conditional",
    "Constant",
    "ControlTotal",
    "Copy",
    "Csv",
    "Currency",
    "DefaultAudited",
    "Derive",
    "DropColumn",
    "Duplicates",
    "Example",
    "Excel",
    "Exclude",
    "Expression",
    "FieldRule",
    "Hierarchy",
    "Fixed",
    "FixedColumn",
    "History",
    "Identifier",
    "Json",
    "Layout",
    "Lookup",
    "LookupComposite",
    "LookupEffective",
    "LookupManyToOne",
    "Mapping",
    "Merge",
    "Model",
    "NumberRange",
    "OpeningBalance",
    "Pilot",
    "ProjectFile",
    "Quarantine",
    "Rate",
    "Reference",
    "Rule",
    "RuleId",
    "Scalar",
    "Sequence",
    "Sign",
    "Sheet",
    "Source",
    "SourceTable",
    "Split",
    "SplitField",
    "System",
    "Table",
    "Target",
    "TargetSystem",
    "TextFile",
    "Thresholds",
    "Type",
    "UNIQUE",
    "Unit",
    "Wave",
    "Xref",
    "located_fields",
    "rule_fields",
]
