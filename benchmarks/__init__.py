"""What is timed, rendered or trained for minutes; run by hand."""
