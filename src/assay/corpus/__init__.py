"""What we train on."""
