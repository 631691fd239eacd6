"""The gate of bom_line: what a row must hold to be loaded. Written by `cutover schema bom_line`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'parent_item_id': pandera.Column(  # BOM-010
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'position': pandera.Column(  # BOM-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=False,
        ),
        'component_item_id': pandera.Column(  # BOM-030
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'quantity': pandera.Column(  # BOM-040
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [],
            nullable=False,
        ),
        'valid_from': pandera.Column(  # BOM-050
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
    },
    checks=[
        holds('position > 0 and quantity > 0'),  # BOM-110, major
    ],
    strict=True,
)
