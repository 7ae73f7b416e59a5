"""What every use of torch shares: the processor and published weights."""
