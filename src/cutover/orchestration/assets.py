"""What the phases hand to each other, as Airflow assets: lineage from legacy system to loaded entity."""

from airflow.sdk import Asset

RAW = Asset(name="raw", uri="cutover://staging/raw", group="cutover")


def clean(entity: str) -> Asset:
    """Name the cleansed rows of an entity."""
    return Asset(name=f"clean.{entity}", uri=f"cutover://staging/clean/{entity}", group="cutover")


def mapped(entity: str) -> Asset:
    """Name the target-shaped rows of an entity."""
    return Asset(name=f"mapped.{entity}", uri=f"cutover://staging/mapped/{entity}", group="cutover")


def loaded(entity: str) -> Asset:
    """Name the rows of an entity in the target."""
    return Asset(name=f"loaded.{entity}", uri=f"cutover://target/{entity}", group="cutover")
