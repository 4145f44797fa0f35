"""`make mutate`: whether the tests of `policies/` notice when what they test is made wrong."""
