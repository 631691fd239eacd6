"""The specification of one cutover: typed models, YAML with positions, crosswalks, coverage."""
