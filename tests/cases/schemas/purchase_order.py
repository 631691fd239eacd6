"""The gate of purchase_order: what a row must hold to be loaded. Written by `cutover schema purchase_order`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'order_no': pandera.Column(  # PO-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # PO-010, major
            ],
            nullable=False,
        ),
        'company_id': pandera.Column(  # PO-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'partner_id': pandera.Column(  # PO-030
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'currency_code': pandera.Column(  # PO-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=3),  # PO-040, major
            ],
            nullable=False,
        ),
        'payment_term_code': pandera.Column(  # PO-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # PO-050, major
            ],
            nullable=False,
        ),
        'ordered_on': pandera.Column(  # PO-070
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'wanted_on': pandera.Column(  # PO-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        holds('wanted_on is null or wanted_on >= ordered_on'),  # PO-110, major
    ],
    strict=True,
)
