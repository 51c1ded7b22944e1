"""From LibCST statements to the steps of DataFrames."""
