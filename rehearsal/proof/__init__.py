"""The proof: every cell of the access matrix tried for real, what is allowed and what is denied.

What is expected comes from the matrix' grants, never from the ACL policies compiled of them: so a
mistake in compiling is seen.
"""
