"""The gate of sales_order_line: what a row must hold to be loaded. Written by `cutover schema sales_order_line`."""

from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'sales_order_id': pandera.Column(  # SOL-010
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'line_no': pandera.Column(  # SOL-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=False,
        ),
        'item_id': pandera.Column(  # SOL-030
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'unit_id': pandera.Column(  # SOL-040
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'quantity': pandera.Column(  # SOL-050
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [],
            nullable=False,
        ),
        'price': pandera.Column(  # SOL-060
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [],
            nullable=False,
        ),
        'rebate': pandera.Column(  # SOL-070
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [
                pandera.Check.le(max_value=Decimal("0")),  # SOL-130, major
            ],
            nullable=False,
        ),
        'net_amount': pandera.Column(  # SOL-080
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [],
            nullable=False,
        ),
        'tax_code': pandera.Column(  # SOL-090
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # SOL-090, major
            ],
            nullable=False,
        ),
        'deliver_on': pandera.Column(  # SOL-100
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        holds('line_no > 0 and quantity > 0 and price >= 0'),  # SOL-110, major
        holds('net_amount = round(quantity * price, 2) + rebate'),  # SOL-120, major
    ],
    strict=True,
)
