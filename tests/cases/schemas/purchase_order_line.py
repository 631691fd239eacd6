"""The gate of purchase_order_line: what a row must hold to be loaded. Written by `cutover schema purchase_order_line`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'purchase_order_id': pandera.Column(  # POL-010
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'line_no': pandera.Column(  # POL-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=False,
        ),
        'item_id': pandera.Column(  # POL-030
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'unit_id': pandera.Column(  # POL-040
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'quantity': pandera.Column(  # POL-050
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [],
            nullable=False,
        ),
        'price': pandera.Column(  # POL-060
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [],
            nullable=False,
        ),
        'net_amount': pandera.Column(  # POL-080
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [],
            nullable=False,
        ),
        'tax_code': pandera.Column(  # POL-090
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # POL-090, major
            ],
            nullable=False,
        ),
        'deliver_on': pandera.Column(  # POL-100
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        holds('line_no > 0 and quantity > 0 and price >= 0'),  # POL-110, major
        holds('net_amount = round(quantity * price, 2)'),  # POL-120, major
    ],
    strict=True,
)
