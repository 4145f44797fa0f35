"""Drills of the rolling change: `python -m upkeep roll`, run as it is, while clients write and
read.

Pods are real objects of a real Kubernetes API server, evicted through it; only what runs them is
played: their controller, the kubelet, and the disruption budget's controller.
"""
