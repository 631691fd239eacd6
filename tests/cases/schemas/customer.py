"""The gate of customer: what a row must hold to be loaded. Written by `cutover schema customer`."""

from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import valid, where

schema = pandera.DataFrameSchema(
    {
        'partner_no': pandera.Column(  # CUST-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # CUST-010, major
            ],
            nullable=False,
        ),
        'name': pandera.Column(  # CUST-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=80),  # CUST-020, major
                pandera.Check.str_matches(pattern='^(?:.*\\S.*)$'),  # CUST-110, major
            ],
            nullable=False,
        ),
        'tax_id': pandera.Column(  # CUST-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # CUST-030, major
            ],
            nullable=False,
        ),
        'country_code': pandera.Column(  # CUST-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=2),  # CUST-040, major
            ],
            nullable=False,
        ),
        'currency_code': pandera.Column(  # CUST-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=3),  # CUST-050, major
            ],
            nullable=False,
        ),
        'payment_term_code': pandera.Column(  # CUST-060
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # CUST-060, major
            ],
            nullable=False,
        ),
        'migration_defaulted': pandera.Column(  # CUST-060
            pd.ArrowDtype(pa.bool_()),
            [],
            nullable=True,
        ),
        'credit_limit': pandera.Column(  # CUST-070
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [
                pandera.Check.ge(min_value=Decimal("0")),  # CUST-130, major
            ],
            nullable=True,
        ),
        'created_on': pandera.Column(  # CUST-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        where("country_code = 'CN'", 'tax_id', valid(name='cn_uscc')),  # CUST-120, major
    ],
    strict=True,
)
