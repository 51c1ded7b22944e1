"""What the body of a UDF does with the columns that it takes."""
