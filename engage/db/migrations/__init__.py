"""The history of the schema. Expand first, contract a release later."""
