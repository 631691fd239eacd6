"""The gate of account: what a row must hold to be loaded. Written by `cutover schema account`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'account_no': pandera.Column(  # ACCT-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # ACCT-010, major
            ],
            nullable=False,
        ),
        'parent_id': pandera.Column(  # ACCT-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'name': pandera.Column(  # ACCT-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=60),  # ACCT-030, major
            ],
            nullable=False,
        ),
        'name_en': pandera.Column(  # ACCT-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=60),  # ACCT-040, major
            ],
            nullable=False,
        ),
        'kind': pandera.Column(  # ACCT-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # ACCT-050, major
            ],
            nullable=False,
        ),
        'is_posting': pandera.Column(  # ACCT-060
            pd.ArrowDtype(pa.bool_()),
            [],
            nullable=False,
        ),
    },
    checks=[],
    strict=True,
)
