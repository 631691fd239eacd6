"""The gate of opening_balance: what a row must hold to be loaded. Written by `cutover schema opening_balance`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'entry_no': pandera.Column(  # OPEN-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # OPEN-010, major
            ],
            nullable=False,
        ),
        'company_id': pandera.Column(  # OPEN-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'posted_on': pandera.Column(  # OPEN-030
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
        'kind': pandera.Column(  # OPEN-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # OPEN-040, major
            ],
            nullable=True,
        ),
        'text': pandera.Column(  # OPEN-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=120),  # OPEN-050, major
            ],
            nullable=True,
        ),
    },
    checks=[],
    strict=True,
)
