"""Being told instead of asking: hubs, subscriptions and the listener for deliveries."""
