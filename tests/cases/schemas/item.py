"""The gate of item: what a row must hold to be loaded. Written by `cutover schema item`."""

from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'item_no': pandera.Column(  # ITEM-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # ITEM-010, major
            ],
            nullable=False,
        ),
        'name': pandera.Column(  # ITEM-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=80),  # ITEM-020, major
            ],
            nullable=False,
        ),
        'name_en': pandera.Column(  # ITEM-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=80),  # ITEM-030, major
            ],
            nullable=False,
        ),
        'kind': pandera.Column(  # ITEM-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=12),  # ITEM-040, major
            ],
            nullable=False,
        ),
        'group_code': pandera.Column(  # ITEM-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # ITEM-050, major
            ],
            nullable=False,
        ),
        'unit_id': pandera.Column(  # ITEM-060
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'net_weight_kg': pandera.Column(  # ITEM-070
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [
                pandera.Check.ge(min_value=Decimal("0")),  # ITEM-110, major
            ],
            nullable=False,
        ),
        'created_on': pandera.Column(  # ITEM-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[],
    strict=True,
)
