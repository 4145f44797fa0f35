"""The agent injector."""

from components.delivery.injector.component import AgentInjector, AgentInjectorArgs

__all__ = ["AgentInjector", "AgentInjectorArgs"]
