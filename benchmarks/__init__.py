"""What is timed, trained for minutes or killed; run by hand."""
