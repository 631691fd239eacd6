"""The gate of receivable: what a row must hold to be loaded. Written by `cutover schema receivable`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'entry_no': pandera.Column(  # REC-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # REC-010, major
            ],
            nullable=False,
        ),
        'company_id': pandera.Column(  # REC-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'posted_on': pandera.Column(  # REC-030
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'kind': pandera.Column(  # REC-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # REC-040, major
            ],
            nullable=True,
        ),
        'text': pandera.Column(  # REC-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=120),  # REC-050, major
            ],
            nullable=False,
        ),
    },
    checks=[],
    strict=True,
)
