"""The gate of address: what a row must hold to be loaded. Written by `cutover schema address`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

schema = pandera.DataFrameSchema(
    {
        'address_no': pandera.Column(  # ADDR-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # ADDR-010, major
            ],
            nullable=False,
        ),
        'partner_id': pandera.Column(  # ADDR-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'kind': pandera.Column(  # ADDR-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # ADDR-030, major
            ],
            nullable=False,
        ),
        'country_code': pandera.Column(  # ADDR-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=2),  # ADDR-040, major
            ],
            nullable=False,
        ),
        'city': pandera.Column(  # ADDR-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=60),  # ADDR-050, major
            ],
            nullable=False,
        ),
        'street': pandera.Column(  # ADDR-060
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=120),  # ADDR-060, major
            ],
            nullable=False,
        ),
        'postal_code': pandera.Column(  # ADDR-070
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=12),  # ADDR-070, major
            ],
            nullable=False,
        ),
        'phone': pandera.Column(  # ADDR-080
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # ADDR-080, major
            ],
            nullable=True,
        ),
    },
    checks=[],
    strict=True,
)
