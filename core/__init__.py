"""What Matinee does, whatever platform people talk on."""
