"""The gate of price: what a row must hold to be loaded. Written by `cutover schema price`."""

from decimal import Decimal

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'company_id': pandera.Column(  # PRICE-010
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'item_id': pandera.Column(  # PRICE-020
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'currency_code': pandera.Column(  # PRICE-030
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=3),  # PRICE-030, major
            ],
            nullable=False,
        ),
        'price': pandera.Column(  # PRICE-040
            pd.ArrowDtype(pa.decimal128(18, 2)),
            [
                pandera.Check.ge(min_value=Decimal("0")),  # PRICE-110, major
            ],
            nullable=False,
        ),
        'price_unit': pandera.Column(  # PRICE-050
            pd.ArrowDtype(pa.int64()),
            [
                pandera.Check.ge(min_value=Decimal("1")),  # PRICE-120, major
            ],
            nullable=False,
        ),
        'valid_from': pandera.Column(  # PRICE-060
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'valid_to': pandera.Column(  # PRICE-070
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=True,
        ),
    },
    checks=[
        holds('valid_to is null or valid_to >= valid_from'),  # PRICE-130, major
    ],
    strict=True,
)
