"""The gate of work_order: what a row must hold to be loaded. Written by `cutover schema work_order`."""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from cutover.core.gates import holds

schema = pandera.DataFrameSchema(
    {
        'order_no': pandera.Column(  # WO-010
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=20),  # WO-010, major
            ],
            nullable=False,
        ),
        'site_code': pandera.Column(  # WO-020
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # WO-020, major
            ],
            nullable=False,
        ),
        'item_id': pandera.Column(  # WO-030
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'unit_id': pandera.Column(  # WO-040
            pd.ArrowDtype(pa.int64()),
            [],
            nullable=True,
        ),
        'quantity_planned': pandera.Column(  # WO-050
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [],
            nullable=False,
        ),
        'quantity_done': pandera.Column(  # WO-060
            pd.ArrowDtype(pa.decimal128(18, 3)),
            [],
            nullable=False,
        ),
        'starts_on': pandera.Column(  # WO-070
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'ends_on': pandera.Column(  # WO-080
            pd.ArrowDtype(pa.date32()),
            [],
            nullable=False,
        ),
        'status': pandera.Column(  # WO-090
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=12),  # WO-090, major
            ],
            nullable=False,
        ),
        'work_centre': pandera.Column(  # WO-100
            pd.ArrowDtype(pa.string()),
            [
                pandera.Check.str_length(max_value=10),  # WO-100, major
            ],
            nullable=False,
        ),
        'remark': pandera.Column(  # WO-105
            pd.ArrowDtype(pa.string()),
            [],
            nullable=True,
        ),
    },
    checks=[
        holds('quantity_planned > 0 and quantity_done >= 0 and quantity_done <= quantity_planned'),  # WO-110, major
        holds('ends_on >= starts_on'),  # WO-120, major
    ],
    strict=True,
)
