"""Discord as a platform: slash commands in, one message a job that counts up, the film attached to it."""
