"""The gate of supplier: what a row must hold to be loaded. Written by `cutover schema supplier`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import valid, where

schema = pandera.DataFrameSchema(
    {
        'partner_no': pandera.Column(  # SUPP-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # SUPP-010, major
            ],
            nullable=False,
        ),
        'name': pandera.Column(  # SUPP-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=80),  # SUPP-020, major
                pandera.Check.str_matches(pattern='^(?:.*\\S.*)$'),  # SUPP-110, major
            ],
            nullable=False,
        ),
        'tax_id': pandera.Column(  # SUPP-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # SUPP-030, major
            ],
            nullable=False,
        ),
        'country_code': pandera.Column(  # SUPP-040
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=2),  # SUPP-040, major
            ],
            nullable=False,
        ),
        'currency_code': pandera.Column(  # SUPP-050
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=3),  # SUPP-050, major
            ],
            nullable=False,
        ),
        'payment_term_code': pandera.Column(  # SUPP-060
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # SUPP-060, major
            ],
            nullable=False,
        ),
        'migration_defaulted': pandera.Column(  # SUPP-060
            pd.ArrowDtype(pa.bool_()),
            [],
            nullable=True,
        ),
        'created_on': pandera.Column(  # SUPP-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        where("country_code = 'CN'", 'tax_id', valid(name='cn_uscc')),  # SUPP-120, major
    ],
    strict=True,
)
