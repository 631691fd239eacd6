"""The gate of company: what a row must hold to be loaded. Written by `cutover schema company`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import valid, where

schema = pandera.DataFrameSchema(
    {
        'company_no': pandera.Column(  # COMP-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # COMP-010, major
            ],
            nullable=False,
        ),
        'name': pandera.Column(  # COMP-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=80),  # COMP-020, major
            ],
            nullable=False,
        ),
        'country_code': pandera.Column(  # COMP-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=2),  # COMP-030, major
            ],
            nullable=False,
        ),
        'currency_code': pandera.Column(  # COMP-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=3),  # COMP-040, major
            ],
            nullable=False,
        ),
        'tax_id': pandera.Column(  # COMP-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # COMP-050, major
            ],
            nullable=False,
        ),
        'site_code': pandera.Column(  # COMP-060
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # COMP-060, major
            ],
            nullable=False,
        ),
        'receivable_account_id': pandera.Column(  # COMP-070
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'payable_account_id': pandera.Column(  # COMP-080
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'clearing_account_id': pandera.Column(  # COMP-090
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
    },
    checks=[
        where("country_code = 'CN'", 'tax_id', valid(name='cn_uscc')),  # COMP-110, major
    ],
    strict=True,
)
