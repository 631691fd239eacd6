"""The gate of payable: what a row must hold to be loaded. Written by `cutover schema payable`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'entry_no': pandera.Column(  # PAY-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # PAY-010, major
            ],
            nullable=False,
        ),
        'company_id': pandera.Column(  # PAY-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'posted_on': pandera.Column(  # PAY-030
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'kind': pandera.Column(  # PAY-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # PAY-040, major
            ],
            nullable=True,
        ),
        'text': pandera.Column(  # PAY-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=120),  # PAY-050, major
            ],
            nullable=False,
        ),
    },
    checks=[],
    strict=True,
)
