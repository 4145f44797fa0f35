"""How a review is shown: in a terminal, as a pull request's comment, as a page, to machines."""
