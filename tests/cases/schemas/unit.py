"""The gate of unit: what a row must hold to be loaded. Written by `cutover schema unit`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'code': pandera.Column(  # UNIT-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # UNIT-010, major
            ],
            nullable=False,
        ),
        'name': pandera.Column(  # UNIT-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # UNIT-020, major
            ],
            nullable=False,
        ),
        'name_en': pandera.Column(  # UNIT-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=40),  # UNIT-030, major
            ],
            nullable=False,
        ),
        'dimension': pandera.Column(  # UNIT-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # UNIT-040, major
            ],
            nullable=False,
        ),
        'factor': pandera.Column(  # UNIT-050
            pd.ArrowDtype(pa.decimal128(18, 9)),
            [],
            nullable=False,
        ),
    },
    checks=[
        holds('factor > 0'),  # UNIT-110, major
    ],
    strict=True,
)
