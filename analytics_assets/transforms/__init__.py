"""Pure functions from DataFrame to DataFrame. No Dagster, no files, no session, no clock, no environment."""
