# The official image without its ninety providers, filled with exactly the packages of requirements.txt: what was run
# together in the tests is what runs here. The full image would bring its own pins, and pip would mix the two.
FROM apache/airflow:slim-3.3.2-python3.12

WORKDIR /opt/airflow/project
COPY --chown=airflow:0 requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt && pip check

COPY --chown=airflow:0 pyproject.toml LICENSE ./
COPY --chown=airflow:0 src ./src
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

# A named volume takes its first owner from the folder of the image that it covers.
RUN mkdir -p /opt/airflow/logs /opt/airflow/cutover/staging /opt/airflow/cutover/legacy

WORKDIR /opt/airflow
