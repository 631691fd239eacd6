"""The gate of stock: what a row must hold to be loaded. Written by `cutover schema stock`."""

from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'item_id': pandera.Column(  # STOCK-010
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'site_code': pandera.Column(  # STOCK-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # STOCK-020, major
            ],
            nullable=False,
        ),
        'location_code': pandera.Column(  # STOCK-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # STOCK-030, major
            ],
            nullable=False,
        ),
        'lot': pandera.Column(  # STOCK-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # STOCK-040, major
            ],
            nullable=False,
        ),
        'quantity': pandera.Column(  # STOCK-050
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [
                pandera.Check.ge(min_value=Decimal("0")),  # STOCK-110, major
            ],
            nullable=False,
        ),
        'last_counted_on': pandera.Column(  # STOCK-060
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[],
    strict=True,
)
