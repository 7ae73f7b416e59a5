"""Views for a start: start page, help and guided tour."""
