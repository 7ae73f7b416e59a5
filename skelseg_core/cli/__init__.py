"""The command line: ``skelseg`` and its commands."""
