"""The gate of contact: what a row must hold to be loaded. Written by `cutover schema contact`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'contact_no': pandera.Column(  # CONT-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # CONT-010, major
            ],
            nullable=False,
        ),
        'partner_id': pandera.Column(  # CONT-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'full_name': pandera.Column(  # CONT-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=80),  # CONT-030, major
            ],
            nullable=False,
        ),
        'job_title': pandera.Column(  # CONT-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=60),  # CONT-040, major
            ],
            nullable=True,
        ),
        'phone': pandera.Column(  # CONT-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # CONT-050, major
            ],
            nullable=True,
        ),
        'email': pandera.Column(  # CONT-060
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=120),  # CONT-060, major
                pandera.Check.str_matches(pattern='^(?:[^@\\s]+@[^@\\s]+\\.[^@\\s]+)$'),  # CONT-110, major
            ],
            nullable=True,
        ),
        'language': pandera.Column(  # CONT-070
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=2),  # CONT-070, major
            ],
            nullable=False,
        ),
        'last_contact_on': pandera.Column(  # CONT-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[],
    strict=True,
)
