"""What is shipped for deployment, checked without a container engine."""
