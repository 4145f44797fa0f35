"""What is deployed: Pulumi components, and the settings that shape them."""
