"""The gate of sales_order: what a row must hold to be loaded. Written by `cutover schema sales_order`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'order_no': pandera.Column(  # SO-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # SO-010, major
            ],
            nullable=False,
        ),
        'company_id': pandera.Column(  # SO-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'partner_id': pandera.Column(  # SO-030
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'currency_code': pandera.Column(  # SO-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=3),  # SO-040, major
            ],
            nullable=False,
        ),
        'payment_term_code': pandera.Column(  # SO-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # SO-050, major
            ],
            nullable=False,
        ),
        'customer_reference': pandera.Column(  # SO-060
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # SO-060, major
            ],
            nullable=True,
        ),
        'ordered_on': pandera.Column(  # SO-070
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'wanted_on': pandera.Column(  # SO-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        holds('wanted_on is null or wanted_on >= ordered_on'),  # SO-110, major
    ],
    strict=True,
)
