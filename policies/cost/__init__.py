"""What an environment's infrastructure costs in a month: an estimate from what it takes, what is
assumed of its use, and a table of prices. Pure arithmetic; it asks nobody's price list and no bill.
"""

from policies.cost.bill import BUDGETS, Bill, Budget, Item, bill
from policies.cost.footprint import Assumptions, Footprint, Nodes, Pods, Volumes
from policies.cost.prices import AS_KNOWN, PRICES, REGION, Node, Price
from policies.cost.quantity import cores, gib

__all__ = [
    "AS_KNOWN",
    "BUDGETS",
    "PRICES",
    "REGION",
    "Assumptions",
    "Bill",
    "Budget",
    "Footprint",
    "Item",
    "Node",
    "Nodes",
    "Pods",
    "Price",
    "Volumes",
    "bill",
    "cores",
    "gib",
]
